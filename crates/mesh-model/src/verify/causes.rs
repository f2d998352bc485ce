//! The table of causes: findings that explain other findings.

use super::relation::Relation::{self, PeerOfEffect, SameCluster, SameObject, SamePair};
use crate::finding::CheckId;

use CheckId::{
    AmbientEwgSpec, AmbientEwgStatus, ApiClockSkew, ApiReachable, CacertsAbsent,
    CacertsChainContent, CacertsEkuSig, CacertsExpiry, CacertsIncomplete, CacertsIstioGenerated,
    CacertsVerify, ClusterIdDefault, ClusterIdDuplicate, ClusterIdProxyDrift, ClusterIdSecretKey,
    ClusterzAbsent, ClusterzClosed, ClusterzReplicasDisagree, ClusterzSyncing, ClusterzTimeout,
    ClusterzUnavailable, ContextSameCluster, DiscoverySelectorsHideGateway, EwgAddressDuplicate,
    EwgAddressHostname, EwgAddressLoopback, EwgAddressPending, EwgAddressStale, EwgConfigRejected,
    EwgExposeHosts, EwgExposeMissing, EwgExposeSelector, EwgL7Lb, EwgMissing, EwgNetworkView,
    EwgNodePortIgnored, EwgPods, EwgPortMissing, EwgRevisionGone, IstiodMissing, IstiodNotReady,
    IstiodRotationBug, MeshNetworksLegacy, NetworkLabelMissing, NetworkLabelMisspelled,
    NetworkSwapped, NetworkValuesDisagree, NetworkWithoutGateway, NetworkzGatewayMismatch,
    NetworkzGatewayMissing, Probe15008, Probe15012, Probe15017, Probe15021, Probe15443,
    Probe15443Root, ProxyStale, RootCmMissing, RootDiffers, RootNamespaceDiffers, RootNotEffective,
    RootPartial, SecretAuthDenied, SecretCaMismatch, SecretCertificateExpiry,
    SecretCertificateInvalid, SecretDuplicate, SecretLabel, SecretMissing, SecretRbac, SecretSelf,
    SecretServerLoopback, SecretServerScheme, SecretServerUnreachable, SecretStrayKey,
    SecretTokenExpiry, SecretTokenIdentity, SecretTokenInvalid, SecretUnparsable,
    SecretWrongCluster, SecretWrongNamespace, SingleNetworkOverlap, TrustDomainAmbient,
    TrustDomainMismatch,
};

/// A row of the table: a finding of `root` explains findings of `effects` to which it has this relation.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// The check whose finding is the cause.
    pub root: CheckId,
    /// The relation of the cause to its effects.
    pub relation: Relation,
    /// The checks whose findings it explains.
    pub effects: &'static [CheckId],
    /// True if only an error explains them, and no warning.
    pub is_error: bool,
}

const fn row(root: CheckId, relation: Relation, effects: &'static [CheckId]) -> Cause {
    Cause {
        root,
        relation,
        effects,
        is_error: false,
    }
}

/// A row of which only an error explains the effects.
const fn error(root: CheckId, relation: Relation, effects: &'static [CheckId]) -> Cause {
    Cause {
        is_error: true,
        ..row(root, relation, effects)
    }
}

/// The probes that go through the pods of a gateway.
const THROUGH_THE_GATEWAY: &[CheckId] = &[
    Probe15021,
    Probe15443,
    Probe15443Root,
    Probe15008,
    Probe15012,
    Probe15017,
];

/// What istiods of other clusters know of the gateways.
const OF_GATEWAYS: &[CheckId] = &[NetworkzGatewayMissing, NetworkzGatewayMismatch];

/// The effects of a certificate authority that no other cluster trusts.
const OF_ANOTHER_ROOT: &[CheckId] = &[RootDiffers, RootPartial, Probe15443Root];

/// All causes, from cause to effect: no row's effect is the root of an earlier row.
pub const CAUSES: &[Cause] = &[
    row(
        CacertsIncomplete,
        SameCluster,
        &[
            CacertsVerify,
            CacertsChainContent,
            RootNotEffective,
            IstiodNotReady,
        ],
    ),
    error(
        CacertsExpiry,
        SameCluster,
        &[
            CacertsVerify,
            RootNotEffective,
            IstiodNotReady,
            Probe15443Root,
        ],
    ),
    row(
        CacertsVerify,
        SameCluster,
        &[CacertsChainContent, RootNotEffective, IstiodNotReady],
    ),
    row(CacertsChainContent, SameCluster, &[Probe15443Root]),
    row(CacertsEkuSig, SameCluster, &[Probe15443Root]),
    row(CacertsAbsent, SameCluster, OF_ANOTHER_ROOT),
    row(CacertsAbsent, PeerOfEffect, OF_ANOTHER_ROOT),
    row(CacertsIstioGenerated, SameCluster, OF_ANOTHER_ROOT),
    row(CacertsIstioGenerated, PeerOfEffect, OF_ANOTHER_ROOT),
    error(RootNotEffective, SameCluster, OF_ANOTHER_ROOT),
    error(RootNotEffective, PeerOfEffect, OF_ANOTHER_ROOT),
    row(ApiClockSkew, SameCluster, &[Probe15443Root]),
    row(ApiClockSkew, PeerOfEffect, &[Probe15443Root]),
    row(
        ApiReachable,
        PeerOfEffect,
        &[
            SecretServerUnreachable,
            ClusterzTimeout,
            ClusterzSyncing,
            NetworkzGatewayMissing,
            NetworkzGatewayMismatch,
        ],
    ),
    row(
        ContextSameCluster,
        SamePair,
        &[
            ClusterIdDuplicate,
            SecretSelf,
            SecretMissing,
            NetworkzGatewayMissing,
            NetworkzGatewayMismatch,
            SingleNetworkOverlap,
        ],
    ),
    row(
        ClusterIdDefault,
        SameCluster,
        &[ClusterIdProxyDrift, SecretSelf],
    ),
    row(
        ClusterIdDefault,
        PeerOfEffect,
        &[ClusterIdSecretKey, SecretMissing, ClusterzAbsent],
    ),
    row(ClusterIdDefault, SamePair, &[ClusterIdDuplicate]),
    row(
        ClusterIdDuplicate,
        SamePair,
        &[
            SecretSelf,
            SecretMissing,
            ClusterIdSecretKey,
            ClusterzAbsent,
            NetworkzGatewayMissing,
            NetworkzGatewayMismatch,
        ],
    ),
    row(ClusterIdDuplicate, SameCluster, &[ClusterIdProxyDrift]),
    row(
        RootNamespaceDiffers,
        SameCluster,
        &[NetworkLabelMissing, SecretWrongNamespace, SecretMissing],
    ),
    row(NetworkSwapped, SamePair, &[SingleNetworkOverlap]),
    row(
        TrustDomainAmbient,
        SamePair,
        &[TrustDomainMismatch, Probe15443Root],
    ),
    row(TrustDomainMismatch, SamePair, &[Probe15443Root]),
    row(RootDiffers, SamePair, &[Probe15443Root]),
    row(RootPartial, SamePair, &[Probe15443Root]),
    row(
        IstiodMissing,
        SameCluster,
        &[
            EwgPods,
            ProxyStale,
            AmbientEwgStatus,
            Probe15012,
            Probe15017,
            ClusterzUnavailable,
            RootCmMissing,
        ],
    ),
    row(
        IstiodNotReady,
        SameCluster,
        &[
            EwgPods,
            ProxyStale,
            AmbientEwgStatus,
            Probe15012,
            Probe15017,
            ClusterzUnavailable,
            ClusterzReplicasDisagree,
            RootCmMissing,
        ],
    ),
    row(
        AmbientEwgSpec,
        SameCluster,
        &[AmbientEwgStatus, EwgPortMissing, Probe15008],
    ),
    row(AmbientEwgStatus, SameObject, &[EwgAddressPending]),
    row(
        NetworkLabelMisspelled,
        SameCluster,
        &[NetworkLabelMissing, NetworkValuesDisagree],
    ),
    row(
        NetworkValuesDisagree,
        SameCluster,
        &[NetworkWithoutGateway, EwgNetworkView],
    ),
    row(NetworkWithoutGateway, SameCluster, &[EwgMissing]),
    row(
        EwgNodePortIgnored,
        SameObject,
        &[EwgAddressPending, Probe15443, Probe15008],
    ),
    row(EwgPortMissing, SameObject, &[Probe15443, Probe15008]),
    row(EwgAddressLoopback, SameObject, THROUGH_THE_GATEWAY),
    row(EwgAddressHostname, SameObject, THROUGH_THE_GATEWAY),
    row(EwgAddressDuplicate, SameObject, THROUGH_THE_GATEWAY),
    row(
        EwgRevisionGone,
        SameObject,
        &[EwgPods, ProxyStale, EwgConfigRejected],
    ),
    row(ClusterIdProxyDrift, SameObject, &[EwgPods, ProxyStale]),
    row(
        EwgConfigRejected,
        SameObject,
        &[EwgPods, Probe15021, Probe15443, Probe15008],
    ),
    row(ProxyStale, SameObject, &[Probe15443, Probe15008]),
    row(EwgPods, SameObject, THROUGH_THE_GATEWAY),
    row(EwgExposeMissing, SameObject, &[Probe15443]),
    row(EwgExposeSelector, SameObject, &[Probe15443]),
    row(EwgExposeHosts, SameObject, &[Probe15443]),
    row(
        EwgL7Lb,
        SameObject,
        &[Probe15443, Probe15021, Probe15443Root],
    ),
    row(Probe15443, SameObject, &[Probe15021]),
    row(
        DiscoverySelectorsHideGateway,
        SamePair,
        &[NetworkzGatewayMissing],
    ),
    row(MeshNetworksLegacy, SameCluster, &[NetworkzGatewayMismatch]),
    row(NetworkLabelMissing, PeerOfEffect, OF_GATEWAYS),
    row(NetworkValuesDisagree, PeerOfEffect, OF_GATEWAYS),
    row(
        NetworkWithoutGateway,
        PeerOfEffect,
        &[NetworkzGatewayMissing],
    ),
    row(AmbientEwgSpec, PeerOfEffect, &[NetworkzGatewayMissing]),
    row(AmbientEwgStatus, PeerOfEffect, OF_GATEWAYS),
    row(EwgMissing, PeerOfEffect, &[NetworkzGatewayMissing]),
    row(EwgPortMissing, PeerOfEffect, OF_GATEWAYS),
    row(EwgNodePortIgnored, PeerOfEffect, OF_GATEWAYS),
    row(EwgAddressPending, PeerOfEffect, OF_GATEWAYS),
    row(EwgAddressPending, PeerOfEffect, &[EwgAddressStale]),
    row(EwgNodePortIgnored, PeerOfEffect, &[EwgAddressStale]),
    row(EwgAddressHostname, PeerOfEffect, OF_GATEWAYS),
    row(EwgAddressLoopback, PeerOfEffect, &[NetworkzGatewayMismatch]),
    row(
        EwgAddressDuplicate,
        PeerOfEffect,
        &[NetworkzGatewayMismatch],
    ),
    // No istiod reads a remote cluster without a remote secret that works.
    row(SecretLabel, SamePair, &[RootCmMissing]),
    row(SecretUnparsable, SamePair, &[RootCmMissing]),
    row(SecretServerUnreachable, SamePair, &[RootCmMissing]),
    row(SecretTokenInvalid, SamePair, &[RootCmMissing]),
    row(SecretRbac, SamePair, &[RootCmMissing]),
    row(SecretMissing, SamePair, &[RootCmMissing]),
];

/// The causes that explain only what no other one does.
pub(super) const LAST_CAUSES: &[Cause] = &[row(
    IstiodRotationBug,
    SameCluster,
    &[ClusterzClosed, NetworkzGatewayMissing],
)];

/// The checks of remote secrets, and of what istiods come to by them, from cause to effect: of the errors of one pair of clusters,
/// the first explains the others.
pub(super) const OF_A_PAIR: &[CheckId] = &[
    SecretWrongNamespace,
    SecretLabel,
    SecretUnparsable,
    SecretAuthDenied,
    SecretDuplicate,
    SecretSelf,
    SecretWrongCluster,
    SecretStrayKey,
    SecretServerScheme,
    SecretServerLoopback,
    SecretServerUnreachable,
    SecretCaMismatch,
    SecretTokenExpiry,
    SecretTokenInvalid,
    SecretCertificateExpiry,
    SecretCertificateInvalid,
    ClusterIdSecretKey,
    SecretTokenIdentity,
    SecretRbac,
    SecretMissing,
    ClusterzAbsent,
    ClusterzTimeout,
    ClusterzSyncing,
    ClusterzClosed,
    NetworkzGatewayMissing,
    NetworkzGatewayMismatch,
];
