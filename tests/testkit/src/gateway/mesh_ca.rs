//! The authority of a mesh: a root, one intermediate, and workload certificates with SPIFFE IDs, shaped as Istio's.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};

use crate::pki::{Identity, Validity};

/// A root and the intermediate that signs for it. Debug shows no key.
pub struct MeshAuthority {
    root: Arc<CertifiedIssuer<'static, KeyPair>>,
    root_pem: String,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

/// A limit of an intermediate.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// None.
    None,
    /// It holds for this time.
    Time(Validity),
    /// Certificates that it signs are good for servers alone.
    Servers,
}

impl std::fmt::Debug for MeshAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeshAuthority").finish_non_exhaustive()
    }
}

impl MeshAuthority {
    /// A new root, unlike any other, and an intermediate of it.
    pub fn new() -> Self {
        Self::several(1).remove(0)
    }

    /// The authorities of so many clusters that share one root.
    pub fn several(count: usize) -> Vec<Self> {
        let root = CertifiedIssuer::self_signed(authority("Root CA"), key()).expect("it can sign");
        let root = Arc::new(root);
        let one = |_| Self::below(&root, authority("Intermediate CA"));
        (0..count).map(one).collect()
    }

    /// Another intermediate of the same root, with this limit.
    #[must_use]
    pub fn sibling(&self, limit: Limit) -> Self {
        let mut params = authority("Intermediate CA");
        match limit {
            Limit::None => {}
            Limit::Time(validity) => validity.limit(&mut params),
            Limit::Servers => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }
        }
        Self::below(&self.root, params)
    }

    fn below(root: &Arc<CertifiedIssuer<'static, KeyPair>>, params: CertificateParams) -> Self {
        Self {
            root: Arc::clone(root),
            root_pem: root.pem(),
            intermediate: CertifiedIssuer::signed_by(params, key(), root).expect("a root can sign"),
        }
    }

    /// The root's certificate, as `istio-ca-root-cert` has it.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The values of the Secret cacerts, by its data keys.
    pub fn ca_certs(&self) -> [(&'static str, String); 4] {
        let own = self.intermediate.pem();
        [
            ("ca-key.pem", self.intermediate.key().serialize_pem()),
            ("cert-chain.pem", format!("{own}{}", self.root_pem)),
            ("root-cert.pem", self.root_pem.clone()),
            ("ca-cert.pem", own),
        ]
    }

    /// A workload's chain (its own certificate, the intermediate, the root) and key.
    pub fn workload(&self, spiffe: &str) -> Identity {
        let id = spiffe.try_into().expect("a SPIFFE ID is ASCII");
        self.issue(vec![SanType::URI(id)])
    }

    /// The chain of an istiod that is called by these names.
    pub fn istiod(&self, names: &[&str]) -> Identity {
        let dns = |name: &&str| SanType::DnsName((*name).try_into().expect("a name is ASCII"));
        self.issue(names.iter().map(dns).collect())
    }

    fn issue(&self, names: Vec<SanType>) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = key();
        let own = params
            .signed_by(&key, &self.intermediate)
            .expect("an intermediate can sign");
        Identity {
            certificate_pem: format!("{}{}{}", own.pem(), self.intermediate.pem(), self.root_pem),
            key_pem: key.serialize_pem(),
        }
    }
}

impl Default for MeshAuthority {
    fn default() -> Self {
        Self::new()
    }
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("the system gives random bytes")
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Istio");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params
}
