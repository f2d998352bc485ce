//! The parts of a cluster, or of what is tested, on which each check depends.

use crate::finding::CheckId;

/// A part of what is read of a cluster, or of what is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The UID of kube-system.
    Uid,
    /// The time that the API server says in its answers.
    ServerClock,
    /// Istio's namespace.
    Namespace,
    /// The istiods of Istio's namespace.
    Istiods,
    /// The istiods of other namespaces.
    IstiodsElsewhere,
    /// The remote secrets in Istio's namespace.
    Secrets,
    /// The remote secrets of other namespaces.
    SecretsElsewhere,
    /// The secrets with the name of a remote secret that lack the label.
    SecretsByName,
    /// The configuration of the mesh.
    MeshConfig,
    /// The root certificates.
    Roots,
    /// The `ConfigMap` with the root certificate, which may be missing.
    RootConfigMap,
    /// The Secret cacerts.
    CaCerts,
    /// The Services that are gateways.
    Services,
    /// The gateways of the Gateway API.
    ApiGateways,
    /// The Gateway API, without which there is no gateway of ambient.
    GatewayApi,
    /// The pods of the gateways.
    GatewayPods,
    /// The pods that look like a gateway's, and the Services beside them.
    UsualPods,
    /// Pods with a proxy and their Services, which the gateways are asked for.
    ProbeTargets,
    /// The Events about gateways without an address or pods, which say why.
    Events,
    /// The nodes, where a gateway needs them.
    Nodes,
    /// Istio's Gateways, and their `VirtualServices` where one needs them.
    IstioGateways,
    /// Those of the cluster whose objects configure the gateways: in a remote cluster the one whose istiod manages it.
    ConfigGateways,
    /// The values of the injectors.
    Injectors,
    /// The ztunnels.
    Ztunnels,
    /// A sample of pods with a proxy.
    ProxyPods,
    /// The answers of the gateways' ports.
    GatewayProbes,
    /// The results of using the credentials of remote secrets.
    Credentials,
    /// The istiod pods, all of which may be asked.
    IstiodPods,
    /// The clusters that every istiod knows.
    KnownClusters,
    /// The gateways that every istiod knows.
    KnownGateways,
    /// The proxies of gateways that are connected to istiods.
    KnownProxies,
    /// The networks and gateways of the other clusters.
    OtherGateways,
}

/// Returns the parts that a check needs.
#[expect(clippy::too_many_lines, reason = "one row a kind of check")]
pub fn needs(check: CheckId) -> &'static [Part] {
    use CheckId as C;
    use Part as P;
    match check {
        C::ApiReachable => &[],
        C::ApiClockSkew => &[P::ServerClock],
        C::ContextSameCluster => &[P::Uid],
        C::IstiodMissing | C::RootNamespaceDiffers => {
            &[P::Istiods, P::IstiodsElsewhere, P::Namespace]
        }
        C::NetworkSwapped => &[
            P::Namespace,
            P::Istiods,
            P::Services,
            P::ApiGateways,
            P::GatewayPods,
            P::ConfigGateways,
            P::OtherGateways,
        ],
        C::IstiodRotationBug | C::ExternalCa => &[P::Istiods],
        C::DiscoverySelectorsHideGateway => {
            &[P::MeshConfig, P::Namespace, P::Istiods, P::OtherGateways]
        }
        C::MeshNetworksLegacy => &[
            P::MeshConfig,
            P::Istiods,
            P::Services,
            P::ApiGateways,
            P::KnownClusters,
        ],
        C::TrustDomainMismatch | C::MeshIdMismatch => &[P::MeshConfig, P::Istiods],
        C::TrustDomainAmbient => &[P::MeshConfig, P::Istiods, P::Ztunnels],
        C::IstiodNotReady | C::IstiodVersionSkew | C::ClusterIdDefault | C::ClusterIdDuplicate => {
            &[P::Istiods]
        }
        C::ClusterIdSecretKey | C::SecretMissing => &[P::Istiods, P::Uid, P::Secrets],
        C::NetworkWithoutGateway => &[P::Namespace, P::Services, P::ApiGateways],
        C::SingleNetworkOverlap => &[P::Namespace, P::ProbeTargets],
        C::EwgMissing => &[P::Namespace, P::Services, P::ApiGateways, P::UsualPods],
        C::NetworkLabelMissing | C::NetworkLabelMisspelled => &[P::Namespace],
        C::NetworkValuesDisagree => &[
            P::Namespace,
            P::Istiods,
            P::Injectors,
            P::Services,
            P::ApiGateways,
            P::Ztunnels,
            P::GatewayPods,
        ],
        C::NetworkPodsStale => &[P::ProxyPods, P::GatewayPods],
        C::ClusterIdProxyDrift => &[
            P::Istiods,
            P::Injectors,
            P::Ztunnels,
            P::ProxyPods,
            P::GatewayPods,
        ],
        C::EwgAddressHostname => &[P::Namespace, P::Istiods, P::Services],
        C::EwgPortMissing | C::EwgAddressLoopback | C::EwgAddressDuplicate | C::EwgAddressMixed => {
            &[P::Services]
        }
        C::EwgAddressPending => &[P::Services, P::Events],
        C::EwgNodePortIgnored => &[P::Services, P::Nodes],
        C::EwgPods => &[P::Services, P::GatewayPods, P::Events],
        C::EwgConfigRejected | C::ProxyStale => &[
            P::Namespace,
            P::Istiods,
            P::IstiodsElsewhere,
            P::Services,
            P::ApiGateways,
            P::GatewayPods,
            P::KnownProxies,
        ],
        C::EwgNetworkView => &[P::Services, P::GatewayPods],
        C::EwgRevisionGone => &[
            P::Namespace,
            P::Istiods,
            P::IstiodsElsewhere,
            P::Services,
            P::GatewayPods,
        ],
        C::EwgIpFamily => &[P::Namespace, P::Services, P::ApiGateways, P::ProbeTargets],
        C::EwgExposeMissing | C::EwgExposeSelector | C::EwgExposeHosts => &[
            P::Istiods,
            P::Services,
            P::GatewayPods,
            P::ConfigGateways,
            P::ApiGateways,
        ],
        C::AmbientEwgSpec | C::AmbientEwgStatus => &[P::GatewayApi],
        C::Probe15443 | C::EwgL7Lb => &[P::Services, P::GatewayProbes, P::ProbeTargets],
        C::Probe15021 | C::Probe15008 => &[P::Services, P::GatewayProbes],
        // They are for what Istio's Gateways open on the gateway's pods.
        C::Probe15012 | C::Probe15017 => &[
            P::Services,
            P::GatewayProbes,
            P::GatewayPods,
            P::IstioGateways,
        ],
        C::Probe15443Root => &[P::Services, P::GatewayProbes, P::ProbeTargets, P::Roots],
        C::RootDiffers | C::RootPartial => &[P::Roots],
        C::RootCmMissing => &[P::RootConfigMap, P::Namespace, P::Istiods, P::MeshConfig],
        C::CacertsIncomplete
        | C::CacertsVerify
        | C::CacertsChainContent
        | C::CacertsEkuSig
        | C::CacertsExpiry
        | C::CacertsSharedKey => &[P::Istiods, P::CaCerts],
        C::CacertsAbsent | C::CacertsIstioGenerated | C::RootNotEffective => {
            &[P::Istiods, P::CaCerts, P::Roots]
        }
        C::SecretWrongNamespace => &[P::SecretsElsewhere, P::IstiodsElsewhere],
        C::SecretLabel => &[P::Secrets, P::SecretsByName],
        C::SecretSelf => &[P::Secrets, P::Uid, P::Istiods],
        C::SecretDuplicate => &[P::Secrets, P::Uid],
        C::SecretUnparsable
        | C::SecretAuthDenied
        | C::SecretStrayKey
        | C::SecretServerLoopback
        | C::SecretServerScheme
        | C::SecretTokenExpiry
        | C::SecretTokenIdentity
        | C::SecretCertificateExpiry
        | C::SecretCertificateIdentity => &[P::Secrets],
        C::SecretWrongCluster
        | C::SecretServerUnreachable
        | C::SecretCaMismatch
        | C::SecretTokenInvalid
        | C::SecretCertificateInvalid
        | C::SecretRbac => &[P::Secrets, P::Uid, P::Credentials],
        C::ClusterzAbsent => &[P::Secrets, P::KnownClusters],
        C::ClusterzTimeout
        | C::ClusterzSyncing
        | C::ClusterzClosed
        | C::ClusterzReplicasDisagree => &[P::KnownClusters],
        C::ClusterzUnavailable => &[P::IstiodPods],
        C::EwgAddressStale | C::NetworkzGatewayMissing | C::NetworkzGatewayMismatch => &[
            P::Namespace,
            P::KnownClusters,
            P::KnownGateways,
            P::OtherGateways,
        ],
    }
}
