//! A chain of certificates that a server showed: whose it is, and whether somebody's roots are behind it.

use std::time::Duration;

use jiff::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use serde::Serialize;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::mesh::certificate::fingerprint;

/// What a server showed, its own certificate first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Chain {
    certificates: Vec<Shown>,
    #[serde(skip)]
    der: Vec<CertificateDer<'static>>,
}

/// What is told of one certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its subject as one line.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// SHA-256 over its DER form, as lower-case hex pairs with colons.
    pub sha256: String,
    /// Last moment at which it is valid.
    pub not_after: Timestamp,
    /// The URIs that it is for; a SPIFFE ID is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// The names that it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// Certificates that somebody trusts.
#[derive(Debug, Clone)]
pub struct Roots {
    store: RootCertStore,
    fingerprints: Vec<String>,
}

/// Whether a chain leads to certain roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It does.
    Verified,
    /// It does not.
    AnotherRoot,
    /// Some certificate of it is over.
    Expired,
    /// Some certificate of it is not valid yet.
    NotYetValid,
    /// It cannot be judged, or breaks another rule.
    Unfit(String),
}

impl Chain {
    /// The chain of these certificates; one that cannot be read is kept for the checking and not told of.
    pub fn new(der: Vec<CertificateDer<'static>>) -> Self {
        Self {
            certificates: der.iter().filter_map(|one| shown(one)).collect(),
            der,
        }
    }

    /// Its certificates, the server's own first.
    pub fn certificates(&self) -> &[Shown] {
        &self.certificates
    }

    /// The server's own certificate.
    pub fn leaf(&self) -> Option<&Shown> {
        self.certificates.first()
    }

    /// The server's SPIFFE ID, such as `spiffe://cluster.local/ns/default/sa/hello`.
    pub fn spiffe(&self) -> Option<&str> {
        let uris = self.leaf()?.uris.iter();
        uris.map(String::as_str)
            .find(|uri| uri.starts_with("spiffe://"))
    }

    /// Who the server is, as a person would say it: its SPIFFE ID, else its names, else its subject.
    pub fn identity(&self) -> String {
        let Some(leaf) = self.leaf() else {
            return "nobody".to_owned();
        };
        match (self.spiffe(), leaf.names.is_empty()) {
            (Some(id), _) => id.to_owned(),
            (None, false) => leaf.names.join(", "),
            (None, true) if leaf.subject.is_empty() => "a certificate without a name".to_owned(),
            (None, true) => leaf.subject.clone(),
        }
    }

    /// The fingerprint of the root, where the chain ends in one.
    pub fn root(&self) -> Option<&str> {
        let last = self.certificates.last()?;
        (last.subject == last.issuer).then_some(&last.sha256)
    }

    /// Whether it leads to one of these roots at that time, for a server.
    pub fn judge(&self, roots: &Roots, now: Timestamp) -> Judgement {
        let Some((leaf, intermediates)) = self.der.split_first() else {
            return Judgement::Unfit("no certificate was shown".to_owned());
        };
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let verified = ParsedCertificate::try_from(leaf).and_then(|leaf| {
            let roots = &roots.store;
            verify_server_cert_signed_by_trust_anchor(
                &leaf,
                roots,
                intermediates,
                now,
                algorithms.all,
            )
        });
        match verified {
            Ok(()) => Judgement::Verified,
            Err(rustls::Error::InvalidCertificate(error)) => of_certificate(&error),
            Err(error) => Judgement::Unfit(error.to_string()),
        }
    }
}

fn of_certificate(error: &CertificateError) -> Judgement {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Judgement::AnotherRoot,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Judgement::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Judgement::NotYetValid
        }
        other => Judgement::Unfit(other.to_string()),
    }
}

impl Roots {
    /// The certificates in `pem`; what is not a certificate is passed over.
    pub fn from_pem(pem: &str) -> Self {
        let mut roots = Self {
            store: RootCertStore::empty(),
            fingerprints: Vec::new(),
        };
        let blocks = Pem::iter_from_buffer(pem.as_bytes()).filter_map(Result::ok);
        for block in blocks.filter(|block| block.label == "CERTIFICATE") {
            let print = fingerprint(&block.contents);
            let added = roots.store.add(CertificateDer::from(block.contents));
            if added.is_ok() && !roots.fingerprints.contains(&print) {
                roots.fingerprints.push(print);
            }
        }
        roots.fingerprints.sort();
        roots
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// SHA-256 over the DER form of each, sorted.
    pub fn fingerprints(&self) -> &[String] {
        &self.fingerprints
    }

    /// Whether both have a root in common.
    pub fn meets(&self, other: &Self) -> bool {
        let mut own = self.fingerprints.iter();
        own.any(|print| other.fingerprints.contains(print))
    }
}

fn shown(der: &CertificateDer<'_>) -> Option<Shown> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let (mut uris, mut names) = (Vec::new(), Vec::new());
    for name in alternatives
        .iter()
        .flat_map(|found| &found.value.general_names)
    {
        match name {
            GeneralName::URI(uri) => uris.push((*uri).to_owned()),
            GeneralName::DNSName(name) => names.push((*name).to_owned()),
            _ => (),
        }
    }
    let end = certificate.validity().not_after.timestamp();
    Some(Shown {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        sha256: fingerprint(der),
        not_after: Timestamp::from_second(end).ok()?,
        uris,
        names,
    })
}
