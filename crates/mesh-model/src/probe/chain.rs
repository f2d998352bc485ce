//! The certificate chain that a server presented: its identity, and the verification against root certificates.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::certificate::fingerprint;
use crate::x509::{self, Flaw, Purpose};

/// The certificates that a server presented, its own certificate first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Chain {
    certificates: Vec<Shown>,
    #[serde(skip)]
    der: Vec<CertificateDer<'static>>,
}

/// The facts about one certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its subject as one line.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// SHA-256 over its DER form, as lower-case hex pairs with colons.
    pub sha256: String,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
    /// The URIs in it; a SPIFFE ID is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// The DNS names and addresses in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// Trusted root certificates; serialized as the PEM text that they were read from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Roots {
    pem: Arc<str>,
    store: Arc<x509::Roots>,
    fingerprints: Vec<String>,
}

/// The result of verifying a chain against root certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The chain is valid.
    Verified,
    /// The chain is signed by another root.
    AnotherRoot,
    /// A certificate of the chain has expired.
    Expired,
    /// A certificate of the chain is not valid yet.
    NotYetValid,
    /// The chain cannot be judged, or breaks another rule.
    Unfit(String),
}

impl Chain {
    /// Returns the chain of these certificates; one that cannot be read is kept for verification, but has no facts.
    pub fn new(der: Vec<CertificateDer<'static>>) -> Self {
        Self {
            certificates: der.iter().filter_map(|one| shown(one)).collect(),
            der,
        }
    }

    /// Returns its certificates, the server's own first.
    pub fn certificates(&self) -> &[Shown] {
        &self.certificates
    }

    /// Returns its certificates in their DER form.
    pub(super) fn der(&self) -> impl Iterator<Item = &[u8]> {
        self.der.iter().map(AsRef::as_ref)
    }

    /// Returns the server's own certificate.
    pub fn leaf(&self) -> Option<&Shown> {
        self.certificates.first()
    }

    /// Returns the server's SPIFFE ID, such as `spiffe://cluster.local/ns/default/sa/hello`.
    pub fn spiffe(&self) -> Option<&str> {
        let uris = self.leaf()?.uris.iter();
        uris.map(String::as_str)
            .find(|uri| uri.starts_with("spiffe://"))
    }

    /// Returns the server's identity for messages: its SPIFFE ID, otherwise its names, otherwise its subject.
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

    /// Returns the fingerprint of the root, if the chain contains it.
    pub fn root(&self) -> Option<&str> {
        let last = self.certificates.last()?;
        (last.subject == last.issuer).then_some(&last.sha256)
    }

    /// Verifies the chain against these roots at that time, for a server.
    pub fn judge(&self, roots: &Roots, now: Timestamp) -> Judgement {
        if self.der.is_empty() {
            return Judgement::Unfit("no certificate was shown".to_owned());
        }
        let shown: Vec<&[u8]> = self.der.iter().map(AsRef::as_ref).collect();
        x509::verify(&shown, &roots.store, Purpose::Server(None), now)
            .map_or_else(|flaw| of_flaw(&flaw), |()| Judgement::Verified)
    }
}

/// Returns the judgement for a flaw. A chain with an expired authority is an expired chain.
fn of_flaw(flaw: &Flaw) -> Judgement {
    match flaw {
        Flaw::UnknownAuthority {
            candidate: Some(candidate),
        } => match of_flaw(&candidate.flaw) {
            Judgement::Unfit(_) => Judgement::Unfit(candidate.to_string()),
            judgement => judgement,
        },
        Flaw::UnknownAuthority { candidate: None } | Flaw::OtherKey => Judgement::AnotherRoot,
        Flaw::Expired(_) => Judgement::Expired,
        Flaw::NotYetValid(_) => Judgement::NotYetValid,
        Flaw::Unfit(reason) => Judgement::Unfit(reason.clone()),
        flaw => Judgement::Unfit(format!("its certificate {flaw}")),
    }
}

impl From<String> for Roots {
    fn from(pem: String) -> Self {
        Self::from_pem(&pem)
    }
}

impl From<Roots> for String {
    fn from(roots: Roots) -> Self {
        roots.pem.as_ref().to_owned()
    }
}

impl PartialEq for Roots {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Roots {
    /// Reads the certificates in `pem`; anything else is ignored.
    pub fn from_pem(pem: &str) -> Self {
        let certificates = x509::authorities(pem.as_bytes());
        let mut fingerprints: Vec<String> =
            certificates.iter().map(|der| fingerprint(der)).collect();
        fingerprints.sort();
        fingerprints.dedup();
        Self {
            pem: pem.into(),
            store: Arc::new(x509::Roots::of(certificates)),
            fingerprints,
        }
    }

    /// Returns whether there are no certificates.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// Returns the SHA-256 of the DER form of each, sorted.
    pub fn fingerprints(&self) -> &[String] {
        &self.fingerprints
    }

    /// Returns the fingerprint of the one with which the presented certificates end, if it is a single one.
    pub fn root_of(&self, shown: &[&[u8]], now: Timestamp) -> Option<&str> {
        if let [only] = self.fingerprints.as_slice() {
            return Some(only);
        }
        let all = x509::authorities(self.pem.as_bytes()).into_iter();
        let mut ends = all.filter_map(|der| {
            let root = fingerprint(&der);
            let alone = x509::Roots::of([der]);
            let verified = x509::verify(shown, &alone, Purpose::Server(None), now);
            verified.is_ok().then_some(root)
        });
        let first = ends.next()?;
        let is_only = ends.all(|other| other == first);
        let known = self.fingerprints.iter().find(|one| **one == first);
        known.filter(|_| is_only).map(String::as_str)
    }

    /// Returns whether both have a root in common.
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
