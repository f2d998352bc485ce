//! A client certificate and its key, as a kubeconfig has them.
//!
//! Source: `X509KeyPair` in Go's `src/crypto/tls/tls.go`.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::sign::SigningKey;

use super::limits::{self, TooMuch};
use super::private_key::{KeyFlaw, signing_key};
use super::{Certificate, Flaw};
use crate::go;

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
    /// There is more of certificates than is read.
    TooMuch(TooMuch),
    /// The key is longer than what is read.
    LongKey(TooMuch),
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
        let chain =
            limits::certificates(chain, limits::MOST_IN_CHAIN).map_err(PairFlaw::TooMuch)?;
        limits::key(key).map_err(PairFlaw::LongKey)?;
        let chain: Vec<CertificateDer<'static>> = chain
            .into_iter()
            .map(|block| block.contents.into())
            .collect();
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

/// The certificates in a text, whether they can be read or not; none where there are more than are read.
pub fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let all = limits::certificates(pem, limits::MOST_IN_BUNDLE).unwrap_or_default();
    all.into_iter().map(|block| block.contents.into()).collect()
}
