//! TLS of the embedded cluster: what it shows, and what it makes of a client certificate.
//!
//! As Go's `RequestClientCert` has it, any client certificate gets through the handshake; whether it is good for a user
//! is found out afterwards, so that a bad one is a 401 and not an alert.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::model::user::{CREDENTIAL_ID, Certificate, User};
use crate::pki::Identity;
use crate::state::random;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Decides which client certificates are good for a user.
pub(crate) struct ClientAuthority(Arc<dyn ClientCertVerifier>);

impl ClientAuthority {
    pub(crate) fn new(ca_pem: &str) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
            roots
                .add(certificate.expect("the authority is PEM"))
                .expect("the authority is a certificate");
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .expect("there is a root");
        Self(verifier)
    }

    /// Judges a client by its certificates, at this moment.
    pub(crate) fn judge(&self, shown: &[CertificateDer<'_>], now: UnixTime) -> Certificate {
        let Some((leaf, intermediates)) = shown.split_first() else {
            return Certificate::None;
        };
        if self.0.verify_client_cert(leaf, intermediates, now).is_err() {
            return Certificate::Refused;
        }
        subject(leaf).map_or(Certificate::Refused, Certificate::Of)
    }
}

fn subject(leaf: &CertificateDer<'_>) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let groups: Vec<&str> = subject
        .iter_organization()
        .filter_map(|group| group.as_str().ok())
        .collect();
    let mut user = User::authenticated(name, &groups);
    let digest = ring::digest::digest(&ring::digest::SHA256, leaf);
    let digest = random::hex(digest.as_ref());
    user.extra.insert(
        CREDENTIAL_ID.to_owned(),
        vec![format!("X509SHA256={digest}")],
    );
    Some(user)
}

/// Lets every certificate through the handshake, but checks that the client has its key.
#[derive(Debug)]
struct Anybody {
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// The configuration of a server that shows this certificate and asks for the client's.
pub fn server_config(identity: &Identity, http1_only: bool) -> Arc<ServerConfig> {
    let provider = provider();
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(identity.certificate_pem.as_bytes())
            .collect::<Result<_, _>>()
            .expect("the certificate is PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).expect("the key is PEM");
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring does TLS 1.2 and 1.3")
        .with_client_cert_verifier(Arc::new(Anybody { provider }))
        .with_single_cert(certificates, key)
        .expect("certificate and key belong together");
    config.alpn_protocols = if http1_only {
        vec![b"http/1.1".to_vec()]
    } else {
        vec![b"h2".to_vec(), b"http/1.1".to_vec()]
    };
    Arc::new(config)
}
