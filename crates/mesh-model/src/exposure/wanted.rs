//! What is to be exposed, and how. The defaults are what Istio's samples in `samples/multicluster` have.

use super::{ClusterDomain, GatewaySelector, HostName, Revision};
use crate::names::ISTIO_SYSTEM;

/// The port at which gateways of other networks and sidecars knock.
/// Source: `DefaultNetworkGatewayPort` in Istio's `pilot/pkg/serviceregistry/kube/controller/network.go`.
pub const SERVICES_PORT: u16 = 15443;

/// All services of a cluster, by mutual TLS that ends at the workloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicesExposure {
    /// Where the object is to be: Istio's namespace, or the gateway's where gateways are bound to their namespace.
    pub namespace: String,
    /// Whose pods are configured.
    pub selector: GatewaySelector,
    /// The domain of the cluster's Services.
    pub cluster_domain: ClusterDomain,
    /// The port of the gateway's Service.
    pub port: u16,
}

/// The control plane, for clusters that have none of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IstiodExposure {
    /// Where the objects are to be: Istio's namespace, or the gateway's where gateways are bound to their namespace.
    pub namespace: String,
    /// Where istiod runs.
    pub istio_namespace: String,
    /// Whose pods are configured.
    pub selector: GatewaySelector,
    /// The domain of the cluster's Services.
    pub cluster_domain: ClusterDomain,
    /// Which istiods, each once; with [`Self::https`] the first one only.
    pub revisions: Vec<Revision>,
    /// Present where the gateway ends the TLS connection with a certificate of its own; otherwise istiod does.
    pub https: Option<HttpsExposure>,
}

/// How a gateway shows a certificate of its own for istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsExposure {
    /// The name that clusters without a control plane know istiod by.
    pub host: HostName,
    /// The Secret with the certificate, in the gateway's namespace.
    pub credential: String,
}

impl Default for ServicesExposure {
    fn default() -> Self {
        Self {
            namespace: ISTIO_SYSTEM.to_owned(),
            selector: GatewaySelector::default(),
            cluster_domain: ClusterDomain::default(),
            port: SERVICES_PORT,
        }
    }
}

impl Default for IstiodExposure {
    fn default() -> Self {
        Self {
            namespace: ISTIO_SYSTEM.to_owned(),
            istio_namespace: ISTIO_SYSTEM.to_owned(),
            selector: GatewaySelector::default(),
            cluster_domain: ClusterDomain::default(),
            revisions: vec![Revision::default()],
            https: None,
        }
    }
}
