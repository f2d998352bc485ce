//! The parts of a cluster that each check needs: where one of them could not be read, the check is skipped, not passed.

use super::observed::ObservedMesh;
use crate::finding::CheckId;
use crate::read::Read;
use crate::secret::{Credentials, ProbeFacts};
use crate::snapshot::ClusterSnapshot;

/// A part of what is read of a cluster, or of what is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The UID of kube-system.
    Uid,
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
    /// The ID of the mesh.
    MeshId,
    /// The root certificates.
    Roots,
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
}

/// Returns the parts that a check needs.
pub fn needs(check: CheckId) -> &'static [Part] {
    use CheckId as C;
    use Part as P;
    match check {
        C::ApiReachable => &[],
        C::ContextSameCluster => &[P::Uid],
        C::IstiodMissing => &[P::Istiods, P::IstiodsElsewhere, P::Namespace],
        C::IstiodNotReady | C::IstiodVersionSkew | C::ClusterIdDefault | C::ClusterIdDuplicate => {
            &[P::Istiods]
        }
        C::ClusterIdSecretKey | C::SecretMissing => &[P::Istiods, P::Uid, P::Secrets],
        C::MeshIdMismatch => &[P::MeshId],
        C::NetworkWithoutGateway => &[P::Namespace, P::Services, P::ApiGateways],
        C::EwgMissing => &[P::Namespace, P::Services, P::ApiGateways, P::UsualPods],
        C::NetworkLabelMissing | C::NetworkLabelMisspelled => &[P::Namespace],
        C::NetworkValuesDisagree => &[
            P::Namespace,
            P::Istiods,
            P::Injectors,
            P::Services,
            P::ApiGateways,
            P::Ztunnels,
        ],
        C::NetworkPodsStale => &[P::ProxyPods, P::GatewayPods],
        C::ClusterIdProxyDrift => &[P::Istiods, P::Injectors, P::Ztunnels, P::ProxyPods],
        C::EwgPortMissing
        | C::EwgAddressHostname
        | C::EwgAddressLoopback
        | C::EwgAddressDuplicate
        | C::EwgAddressMixed => &[P::Services],
        C::EwgAddressPending => &[P::Services, P::Events],
        C::EwgNodePortIgnored => &[P::Services, P::Nodes],
        C::EwgPods => &[P::Services, P::GatewayPods, P::Events],
        C::EwgNetworkView => &[P::Services, P::GatewayPods],
        C::EwgExposeMissing | C::EwgExposeSelector | C::EwgExposeHosts => &[
            P::Services,
            P::GatewayPods,
            P::IstioGateways,
            P::ApiGateways,
        ],
        C::AmbientEwgSpec | C::AmbientEwgStatus => &[P::GatewayApi],
        C::Probe15443 => &[P::Services, P::GatewayProbes, P::ProbeTargets],
        C::EwgL7Lb | C::Probe15021 | C::Probe15008 | C::Probe15012 | C::Probe15017 => {
            &[P::Services, P::GatewayProbes]
        }
        C::Probe15443Root => &[P::Services, P::GatewayProbes, P::ProbeTargets, P::Roots],
        C::RootDiffers | C::RootPartial => &[P::Roots],
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
    }
}

/// Returns the reason why a check is skipped in a cluster, if a part that it needs was not read or not tested.
pub(super) fn skipped(
    check: CheckId,
    cluster: &ClusterSnapshot,
    observed: &ObservedMesh,
) -> Option<String> {
    let mut needed = needs(check).iter();
    let unread = needed.find_map(|part| unread(*part, cluster, observed));
    let by_credential = || credential_unread(check, observed.credentials.get(&cluster.context)?);
    unread.map(str::to_owned).or_else(by_credential)
}

/// Returns the first secret whose credential gave no answer that the check needs, with the reason.
fn credential_unread(check: CheckId, credentials: &Credentials) -> Option<String> {
    let reason: fn(&ProbeFacts) -> Option<&str> = match check {
        CheckId::SecretWrongCluster => ProbeFacts::uid_unread,
        CheckId::SecretRbac => ProbeFacts::rights_unread,
        CheckId::SecretTokenInvalid | CheckId::SecretCertificateInvalid => {
            ProbeFacts::acceptance_unread
        }
        _ => return None,
    };
    let mut used = credentials.iter();
    used.find_map(|((name, _), facts)| Some(format!("secret {name}: {}", reason(facts)?)))
}

fn unread<'a>(
    part: Part,
    cluster: &'a ClusterSnapshot,
    observed: &'a ObservedMesh,
) -> Option<&'a str> {
    match part {
        Part::Uid => cluster.uid.reason(),
        Part::Namespace => cluster.namespace.reason(),
        Part::Istiods => cluster.istiods.reason(),
        Part::IstiodsElsewhere => cluster.istiods_elsewhere.reason(),
        Part::Secrets => cluster.secrets.reason(),
        Part::SecretsElsewhere => cluster.secrets_elsewhere.reason(),
        Part::SecretsByName => by_name(cluster),
        Part::MeshId => cluster.mesh_id.reason(),
        Part::Roots => cluster.roots.reason(),
        Part::Services => cluster.services.reason(),
        // A cluster without the Gateway API has none of its gateways.
        Part::ApiGateways => of_kind(&cluster.api_gateways),
        Part::GatewayPods => cluster.pods.values().find_map(Read::reason),
        Part::UsualPods => {
            let pods = cluster.usual_pods.reason();
            pods.or_else(|| cluster.nearby_services.reason())
        }
        Part::ProbeTargets => {
            let pods = cluster.meshed_pods.reason();
            pods.or_else(|| cluster.meshed_services.reason())
        }
        Part::Events => cluster.events.reason(),
        Part::Nodes => cluster.nodes.reason(),
        Part::GatewayApi => cluster.api_gateways.reason(),
        Part::IstioGateways => {
            let gateways = cluster.istio_gateways.reason();
            gateways.or_else(|| cluster.virtual_services.reason())
        }
        Part::Injectors => cluster.injectors.reason(),
        Part::Ztunnels => cluster.ztunnels.reason(),
        Part::ProxyPods => cluster.injected_pods.reason(),
        Part::GatewayProbes => observed.gateways_unasked.as_deref(),
        Part::Credentials => observed.credentials_unused.as_deref(),
    }
}

fn by_name(cluster: &ClusterSnapshot) -> Option<&str> {
    let one_by_one = || {
        let mut read = cluster.secrets_by_name.seen()?.values();
        read.find_map(Read::reason)
    };
    cluster.secrets_by_name.reason().or_else(one_by_one)
}

/// Returns the reason of a read that failed; the kind may be unknown to the cluster, which then has no such objects.
fn of_kind<T>(read: &Read<T>) -> Option<&str> {
    read.reason().filter(|_| read.may_be_there())
}
