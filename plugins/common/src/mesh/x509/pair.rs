//! A client certificate and its key, as a kubeconfig has them.
//!
//! Source: `X509KeyPair` in Go's `src/crypto/tls/tls.go`.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::sign::SigningKey;

use super::private_key::{KeyFlaw, signing_key};
use super::{Certificate, Flaw};
use crate::mesh::go;

/// A client certificate with those above it that are sent too, and its key.
pub struct ClientPair {
    /// The client's own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Signs with its key.
    pub key: Arc<dyn SigningKey>,
    /// When the client's own certificate ends.
    pub not_after: Timestamp,
}

/// Why a certificate and a key cannot be used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairFlaw {
    /// There is no certificate.
    NoCertificate,
    /// What is wrong with the certificate.
    Certificate(Flaw),
    /// What is wrong with the key.
    Key(KeyFlaw),
}

impl ClientPair {
    /// Reads both, each as PEM.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub fn read(chain: &[u8], key: &[u8]) -> Result<Self, PairFlaw> {
        let chain = certificates(chain);
        let leaf = chain.first().ok_or(PairFlaw::NoCertificate)?;
        let key = go::blocks(key)
            .find(|block| block.label == b"PRIVATE KEY" || block.label.ends_with(b" PRIVATE KEY"))
            .ok_or(PairFlaw::Key(KeyFlaw::NotAKey))?;
        let leaf = Certificate::read(leaf).map_err(PairFlaw::Certificate)?;
        let key = signing_key(&key.contents, &leaf).map_err(PairFlaw::Key)?;
        Ok(Self {
            not_after: leaf.not_after(),
            chain,
            key,
        })
    }
}

/// The certificates in a text, whether they can be read or not.
pub fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    go::blocks(pem)
        .filter(|block| block.label == b"CERTIFICATE")
        .map(|block| block.contents.into())
        .collect()
}
