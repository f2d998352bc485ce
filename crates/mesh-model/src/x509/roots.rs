//! Trusted certificates.

use std::sync::OnceLock;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser as _;

use super::{Certificate, limits};

/// Returns the certificates in a text that count as trusted; those that Go cannot read are ignored, and so are blocks
/// with headers. A text over a limit has none.
///
/// Source: `AppendCertsFromPEM` in Go's `src/crypto/x509/cert_pool.go`.
pub fn authorities(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let all = limits::certificates(pem, limits::MOST_IN_BUNDLE).unwrap_or_default();
    all.into_iter()
        .filter(|block| !block.has_headers)
        .filter(|block| Certificate::read(&block.contents).is_ok())
        .map(|block| block.contents.into())
        .collect()
}

/// Returns the reason why a text contains no valid authority, as the continuation of a sentence.
pub fn no_authority(pem: &[u8]) -> String {
    let all = match limits::certificates(pem, limits::MOST_IN_BUNDLE) {
        Ok(all) => all,
        Err(too_much) => return too_much.to_string(),
    };
    match all.first().map(|block| Certificate::read(&block.contents)) {
        None => "holds no certificate".to_owned(),
        Some(Err(flaw)) => format!("holds a certificate that {flaw}"),
        Some(Ok(_)) => "holds no certificate without headers (Name: value)".to_owned(),
    }
}

/// Trusted certificates. Each is parsed when a chain needs it: a system has hundreds, and a chain ends in one.
#[derive(Debug, Default)]
pub struct Roots {
    all: Vec<Root>,
}

#[derive(Debug)]
struct Root {
    subject: Vec<u8>,
    der: CertificateDer<'static>,
    read: OnceLock<Option<Certificate>>,
}

impl Roots {
    /// Parses certificates, and ignores those that cannot be read, as Go does.
    pub fn of(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut roots = Self::default();
        for der in certificates {
            if let Ok(certificate) = Certificate::read(&der) {
                roots.push(certificate.subject.clone(), der, Some(certificate));
            }
        }
        roots
    }

    /// Stores certificates that are parsed when they are needed.
    pub fn unread(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut roots = Self::default();
        for der in certificates {
            if let Some(subject) = subject(&der) {
                roots.push(subject, der, None);
            }
        }
        roots
    }

    fn push(&mut self, subject: Vec<u8>, der: CertificateDer<'static>, read: Option<Certificate>) {
        if !self.contains(&der) {
            let cell = OnceLock::new();
            if let Some(certificate) = read {
                let _ = cell.set(Some(certificate));
            }
            self.all.push(Root {
                subject,
                der,
                read: cell,
            });
        }
    }

    /// Adds those of `other`.
    pub fn extend(&mut self, other: &Self) {
        for root in &other.all {
            self.push(root.subject.clone(), root.der.clone(), None);
        }
    }

    /// Returns whether there are no certificates.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn contains(&self, der: &[u8]) -> bool {
        self.all.iter().any(|root| root.der.as_ref() == der)
    }

    pub(super) fn named(&self, subject: &[u8]) -> impl Iterator<Item = &Certificate> {
        self.all
            .iter()
            .filter(move |root| root.subject == subject)
            .filter_map(|root| {
                let read = root.read.get_or_init(|| Certificate::read(&root.der).ok());
                read.as_ref()
            })
    }
}

fn subject(der: &[u8]) -> Option<Vec<u8>> {
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    let (_, certificate) = parser.parse(der).ok()?;
    Some(certificate.subject().as_raw().to_vec())
}
