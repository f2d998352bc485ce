//! Trust of the two meshes: a root, and under it an authority for each cluster.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::pki::CertificateAuthority;

/// A root certificate with its key.
#[derive(Debug)]
pub(super) struct Root(CertificateAuthority);

impl Root {
    /// Makes one.
    pub(super) fn new(common_name: &str) -> Self {
        Self(CertificateAuthority::new(common_name))
    }

    /// The certificate.
    pub(super) fn pem(&self) -> String {
        self.0.certificate_pem()
    }

    /// The Secret that makes a cluster's istiod sign with an authority under this root
    /// (<https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/>).
    pub(super) fn secret(&self, cluster: &str) -> Value {
        let authority = self.0.intermediate(&format!("authority of {cluster}"));
        let identity = authority.identity();
        let chain = format!("{}{}", identity.certificate_pem, self.pem());
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "cacerts", "namespace": "istio-system"},
            "data": {
                "ca-cert.pem": BASE64_STANDARD.encode(identity.certificate_pem),
                "ca-key.pem": BASE64_STANDARD.encode(identity.key_pem),
                "cert-chain.pem": BASE64_STANDARD.encode(chain),
                "root-cert.pem": BASE64_STANDARD.encode(self.pem()),
            },
        })
    }
}
