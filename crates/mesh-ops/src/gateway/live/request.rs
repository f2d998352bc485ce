//! The request for an exposure; what it leaves open is `None`.

use mesh_model::exposure::{
    ClusterDomain, GatewaySelector, HttpsExposure, IstiodExposure, Revision, SERVICES_PORT,
    ServicesExposure,
};
use mesh_model::names::ISTIO_SYSTEM;

/// A request for any exposure.
#[derive(Debug, Clone, Default)]
pub struct ExposureRequest {
    /// Istio's namespace.
    pub namespace: Option<String>,
    /// The labels of the gateway's pods.
    pub selector: Option<GatewaySelector>,
    /// The domain of the cluster's Services.
    pub cluster_domain: Option<ClusterDomain>,
    /// The port of the gateway's Service for services.
    pub port: Option<u16>,
}

/// A request for an exposure of istiod.
#[derive(Debug, Clone, Default)]
pub struct IstiodRequest {
    /// The part that every exposure needs.
    pub exposure: ExposureRequest,
    /// The revisions; empty where that is open.
    pub revisions: Vec<Revision>,
    /// The certificate that the gateway presents, where TLS ends at the gateway.
    pub https: Option<HttpsExposure>,
}

impl ExposureRequest {
    /// Returns Istio's namespace, the usual one where none was named.
    pub fn istio_namespace(&self) -> String {
        let usual = || ISTIO_SYSTEM.to_owned();
        self.namespace.clone().unwrap_or_else(usual)
    }

    /// Returns the exposure of services with the values of Istio's samples for all that is open.
    pub fn services(self) -> ServicesExposure {
        ServicesExposure {
            namespace: self.istio_namespace(),
            selector: self.selector.unwrap_or_default(),
            cluster_domain: self.cluster_domain.unwrap_or_default(),
            port: self.port.unwrap_or(SERVICES_PORT),
        }
    }
}

impl IstiodRequest {
    /// Returns the exposure of istiod with the values of Istio's samples for all that is open.
    pub fn istiod(self) -> IstiodExposure {
        let namespace = self.exposure.istio_namespace();
        IstiodExposure {
            istio_namespace: namespace.clone(),
            namespace,
            selector: self.exposure.selector.unwrap_or_default(),
            cluster_domain: self.exposure.cluster_domain.unwrap_or_default(),
            revisions: if self.revisions.is_empty() {
                vec![Revision::default()]
            } else {
                self.revisions
            },
            https: self.https,
        }
    }
}
