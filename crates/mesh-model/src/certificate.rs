//! Certificates as facts: subject, fingerprint, life. Nothing here checks a chain against a server.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::x509;

/// What is told of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// Its subject as one line, for example `O=Istio, CN=Root CA`.
    pub subject: String,
    /// SHA-256 over its DER form, as lower-case hex pairs with colons.
    pub sha256: String,
    /// First moment at which it is valid.
    pub not_before: Timestamp,
    /// Last moment at which it is valid.
    pub not_after: Timestamp,
}

/// The authorities in `pem`, in their order; what does not count as one is passed over.
pub fn read_pem(pem: &[u8]) -> Vec<CertificateFacts> {
    x509::authorities(pem)
        .iter()
        .filter_map(|der| read_der(der))
        .collect()
}

/// The facts of one certificate in DER form; `None` where it is none.
pub fn read_der(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    Some(CertificateFacts {
        subject: x509::shown(&certificate.subject().to_string()),
        sha256: fingerprint(der),
        not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
        not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
    })
}

/// SHA-256 over `der` as lower-case hex pairs with colons.
pub fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    pairs.join(":")
}
