//! The requested exposure. The defaults are those of Istio's samples in `samples/multicluster`.

use super::{ClusterDomain, GatewaySelector, HostName, Revision};
use crate::names::ISTIO_SYSTEM;
use crate::services_port::SERVICES_PORT;

/// Exposure of all services of a cluster, by mutual TLS that is terminated by the workloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicesExposure {
    /// The namespace of the object: Istio's namespace, or the gateway's if an Istio Gateway configures only pods of its
    /// own namespace.
    pub namespace: String,
    /// The selector for the pods that are configured.
    pub selector: GatewaySelector,
    /// The domain of the cluster's Services.
    pub cluster_domain: ClusterDomain,
    /// The port of the gateway's Service.
    pub port: u16,
}

/// Exposure of the control plane, for clusters without one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IstiodExposure {
    /// The namespace of the objects: Istio's namespace, or the gateway's if an Istio Gateway configures only pods of
    /// its own namespace.
    pub namespace: String,
    /// The namespace of istiod.
    pub istio_namespace: String,
    /// The selector for the pods that are configured.
    pub selector: GatewaySelector,
    /// The domain of the cluster's Services.
    pub cluster_domain: ClusterDomain,
    /// The revisions of the istiods, each once; with [`Self::https`] only the first one.
    pub revisions: Vec<Revision>,
    /// Set if the gateway terminates TLS with a certificate of its own; otherwise istiod does.
    pub https: Option<HttpsExposure>,
}

/// Exposure of istiod over HTTPS, with a certificate of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsExposure {
    /// The host name by which clusters without a control plane reach istiod.
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
