//! What the flags say of an exposure; what they leave open is `None`.

use mesh_common::model::exposure::{
    ClusterDomain, GatewaySelector, HttpsExposure, IstiodExposure, Revision, SERVICES_PORT,
    ServicesExposure,
};
use mesh_common::model::names::ISTIO_SYSTEM;

/// About any exposure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Istio's namespace.
    pub namespace: Option<String>,
    /// Whose pods are configured.
    pub selector: Option<GatewaySelector>,
    /// The domain of the cluster's Services.
    pub cluster_domain: Option<ClusterDomain>,
    /// The port of the gateway's Service for services.
    pub port: Option<u16>,
}

/// About istiod.
#[derive(Debug, Clone, Default)]
pub(crate) struct AskedIstiod {
    pub asked: Asked,
    /// Which ones; empty where that is open.
    pub revisions: Vec<Revision>,
    /// How the gateway shows a certificate of its own.
    pub https: Option<HttpsExposure>,
}

impl Asked {
    /// Istio's namespace, the usual one where none was named.
    pub(crate) fn istio_namespace(&self) -> String {
        let usual = || ISTIO_SYSTEM.to_owned();
        self.namespace.clone().unwrap_or_else(usual)
    }

    /// With what Istio's samples have for all that is open.
    pub(crate) fn services(self) -> ServicesExposure {
        ServicesExposure {
            namespace: self.istio_namespace(),
            selector: self.selector.unwrap_or_default(),
            cluster_domain: self.cluster_domain.unwrap_or_default(),
            port: self.port.unwrap_or(SERVICES_PORT),
        }
    }
}

impl AskedIstiod {
    /// With what Istio's samples have for all that is open.
    pub(crate) fn istiod(self) -> IstiodExposure {
        let namespace = self.asked.istio_namespace();
        IstiodExposure {
            istio_namespace: namespace.clone(),
            namespace,
            selector: self.asked.selector.unwrap_or_default(),
            cluster_domain: self.asked.cluster_domain.unwrap_or_default(),
            revisions: if self.revisions.is_empty() {
                vec![Revision::default()]
            } else {
                self.revisions
            },
            https: self.https,
        }
    }
}
