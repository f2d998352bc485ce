//! Certificates as facts: subject, fingerprint, validity. Nothing here verifies a chain against a server.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::x509;

/// Facts about one certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// Its subject as one line, for example `O=Istio, CN=Root CA`.
    pub subject: String,
    /// SHA-256 over its DER form, as lower-case hex pairs with colons.
    pub sha256: String,
    /// The first moment at which it is valid.
    pub not_before: Timestamp,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
}

/// Returns the certificate authorities in `pem`, in their order; anything else is ignored.
pub fn read_pem(pem: &[u8]) -> Vec<CertificateFacts> {
    x509::authorities(pem)
        .iter()
        .filter_map(|der| read_der(der))
        .collect()
}

/// Returns the facts of one certificate in DER form; `None` if `der` is not a certificate.
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

/// Returns whether `der` is one certificate and nothing more.
pub fn is_certificate(der: &[u8]) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty())
}

/// Returns whether a certificate says that it is that of an authority.
pub fn is_authority(der: &[u8]) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, certificate)| certificate.is_ca())
}

/// Returns the public key of a certificate in DER form, with its kind.
pub fn public_key(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.public_key().raw.to_vec())
}

/// Returns the reason why nobody can verify the certificates of both clients and servers that an authority issues, by the uses that
/// its own certificate is limited to.
pub fn unusable_authority(der: &[u8]) -> Option<&'static str> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let usage = certificate.key_usage().ok().flatten();
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Some("its key usage has no keyCertSign");
    }
    let extended = certificate.extended_key_usage().ok().flatten()?.value;
    match (extended.any, extended.server_auth, extended.client_auth) {
        (true, ..) | (_, true, true) => None,
        (_, true, false) => Some("its extended key usage has serverAuth and no clientAuth"),
        (_, false, true) => Some("its extended key usage has clientAuth and no serverAuth"),
        (..) => Some("its extended key usage has neither serverAuth nor clientAuth"),
    }
}

/// Returns the SHA-256 of `der` as lower-case hex pairs with colons.
pub fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    pairs.join(":")
}
