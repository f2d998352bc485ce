//! A client certificate and its key, from a kubeconfig.
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

/// A client certificate with the certificates above it that are also sent, and its key.
pub struct ClientPair {
    /// The client's own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The signer with its key.
    pub key: Arc<dyn SigningKey>,
    /// The time at which the client's own certificate expires.
    pub not_after: Timestamp,
}

/// The reason why a certificate and a key cannot be used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairFlaw {
    /// There is no certificate.
    NoCertificate,
    /// The certificates exceed a limit.
    TooMuch(TooMuch),
    /// The key exceeds a limit.
    LongKey(TooMuch),
    /// The certificate has a flaw.
    Certificate(Flaw),
    /// The key has a flaw.
    Key(KeyFlaw),
}

impl ClientPair {
    /// Reads both, each as PEM.
    ///
    /// # Errors
    /// The reason why they cannot be used.
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

/// Returns the certificates in a text, whether or not they can be parsed; none if they exceed a limit.
pub fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let all = limits::certificates(pem, limits::MOST_IN_BUNDLE).unwrap_or_default();
    all.into_iter().map(|block| block.contents.into()).collect()
}
