//! The Secret `cacerts`, reduced to facts: its certificates, the data keys that it has, and whether its private key is that of
//! the certificate. The private key is compared where the Secret is read, and is kept nowhere.

use std::collections::BTreeSet;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use secrecy::zeroize::Zeroize as _;
use serde::{Deserialize, Serialize};

use crate::certificate::{fingerprint, is_certificate};
use crate::x509::{self, ClientPair, KeyFlaw, PairFlaw};

/// The name of the Secret. Source: `CACertsSecret` in Istio's `security/pkg/pki/ca/ca.go`.
pub const CA_CERTS: &str = "cacerts";
/// The data key of a Secret that istiod made itself; same source.
const GENERATED: &str = "istio-generated";
/// The data key whose presence selects the form of TLS secrets. Source: `detectSigningCABundleAndCRL` in Istio's
/// `pilot/pkg/bootstrap/istio_ca.go`.
const OF_TLS_FORM: &str = "tls.crt";

/// The data keys of one form of the Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The certificate that istiod signs with.
    pub certificate: &'static str,
    /// Its private key.
    pub key: &'static str,
    /// The certificates that workloads present with their own.
    pub chain: &'static str,
    /// The roots.
    pub roots: &'static str,
}

/// The form of Istio's documentation.
const OF_ISTIO: Form = Form {
    certificate: "ca-cert.pem",
    key: "ca-key.pem",
    chain: "cert-chain.pem",
    roots: "root-cert.pem",
};

/// The form of TLS secrets, as cert-manager writes them: workloads present the certificate and the roots.
const OF_TLS: Form = Form {
    certificate: OF_TLS_FORM,
    key: "tls.key",
    chain: OF_TLS_FORM,
    roots: "ca.crt",
};

/// The facts of the Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CaCerts {
    /// The data keys that istiod knows.
    keys: BTreeSet<String>,
    /// The certificates of the file that istiod signs with, its own first, in DER form.
    signing: Vec<ByteString>,
    /// Those that workloads present with their own.
    chain: Vec<ByteString>,
    /// The roots.
    roots: Vec<ByteString>,
    /// The reason why the private key cannot be used with the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_flaw: Option<String>,
}

impl CaCerts {
    /// Reduces the Secret to its facts, and wipes its values.
    pub fn of(secret: Secret) -> Self {
        let mut data = secret.data.unwrap_or_default();
        let keys = data.keys().filter(|key| is_known(key)).cloned();
        let keys: BTreeSet<String> = keys.collect();
        let form = form(&keys);
        let value = |key: &str| data.get(key).map(|value| value.0.as_slice());
        let of_key = value(form.certificate).zip(value(form.key));
        let facts = Self {
            signing: certificates(value(form.certificate)),
            chain: certificates(value(form.chain)),
            roots: certificates(value(form.roots)),
            key_flaw: of_key.and_then(|(certificate, key)| key_flaw(form, certificate, key)),
            keys,
        };
        for value in data.values_mut() {
            value.0.zeroize();
        }
        facts
    }

    /// Returns the form that istiod reads it in.
    pub fn form(&self) -> Form {
        form(&self.keys)
    }

    /// Returns whether istiod made it itself.
    pub fn is_generated(&self) -> bool {
        self.keys.contains(GENERATED)
    }

    /// Returns the data keys that istiod needs and that it has.
    pub fn present(&self) -> Vec<&'static str> {
        let needed = needed(self.form()).into_iter();
        needed.filter(|key| self.keys.contains(*key)).collect()
    }

    /// Returns the data keys that istiod needs and that it lacks.
    pub fn missing(&self) -> Vec<&'static str> {
        let needed = needed(self.form()).into_iter();
        needed.filter(|key| !self.keys.contains(*key)).collect()
    }

    /// Returns the certificate that istiod signs with, in DER form.
    pub fn signing(&self) -> Option<&[u8]> {
        self.signing.first().map(|der| der.0.as_slice())
    }

    /// Returns the certificates that workloads present with their own.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        let of_tls = (self.form() == OF_TLS).then_some(&self.roots);
        let all = self.chain.iter().chain(of_tls.into_iter().flatten());
        all.map(|der| der.0.as_slice())
    }

    /// Returns the roots.
    pub fn roots(&self) -> impl Iterator<Item = &[u8]> {
        self.roots.iter().map(|der| der.0.as_slice())
    }

    /// Returns the SHA-256 of each root, as [`crate::probe::Roots::fingerprints`] has them.
    pub fn root_fingerprints(&self) -> BTreeSet<String> {
        self.roots().map(fingerprint).collect()
    }

    /// Returns the reason why the private key cannot be used with the certificate, if it cannot.
    pub fn key_flaw(&self) -> Option<&str> {
        self.key_flaw.as_deref()
    }
}

/// Returns whether istiod reads this data key.
fn is_known(key: &str) -> bool {
    let mut forms = [OF_ISTIO, OF_TLS].into_iter();
    key == GENERATED || forms.any(|form| needed(form).contains(key))
}

fn form(keys: &BTreeSet<String>) -> Form {
    if keys.contains(OF_TLS_FORM) {
        OF_TLS
    } else {
        OF_ISTIO
    }
}

fn needed(form: Form) -> BTreeSet<&'static str> {
    BTreeSet::from([form.certificate, form.key, form.chain, form.roots])
}

/// Returns the certificates of a text. Nothing else of it is kept, whatever it calls itself.
fn certificates(pem: Option<&[u8]>) -> Vec<ByteString> {
    let all = x509::certificates(pem.unwrap_or_default()).into_iter();
    let readable = all.filter(|der| is_certificate(der));
    readable.map(|der| ByteString(der.to_vec())).collect()
}

/// Returns the reason why a key is not that of the first certificate.
fn key_flaw(form: Form, certificate: &[u8], key: &[u8]) -> Option<String> {
    let flaw = match ClientPair::read(certificate, key) {
        // It may be one that only Go knows.
        Ok(_) | Err(PairFlaw::Key(KeyFlaw::Unknown)) => return None,
        Err(flaw) => flaw,
    };
    Some(match flaw {
        PairFlaw::NoCertificate => format!("{} has no certificate", form.certificate),
        PairFlaw::TooMuch(flaw) => format!("{} {flaw}", form.certificate),
        PairFlaw::LongKey(flaw) => format!("{} {flaw}", form.key),
        PairFlaw::Certificate(flaw) => format!("the certificate in {} {flaw}", form.certificate),
        PairFlaw::Key(KeyFlaw::Foreign) => {
            format!(
                "{} is not the key of the certificate in {}",
                form.key, form.certificate
            )
        }
        PairFlaw::Key(flaw) => format!("{} {flaw}", form.key),
    })
}
