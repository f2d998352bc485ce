//! How TLS is spoken: whom we trust and who we are.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::route::RouteTrust;
use crate::cluster::credential::KeyPair;
use crate::mesh::Error;
use crate::mesh::error::Kind;

/// The protocols offered, the better one first. A server that knows neither list nor HTTP/2 speaks HTTP/1.1.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Makes TLS configurations; the system's authorities are read once, and only when a server needs them.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    system: OnceLock<Arc<RootCertStore>>,
}

impl Tls {
    pub(super) fn new() -> Self {
        Self {
            provider: Arc::new(rustls::crypto::ring::default_provider()),
            system: OnceLock::new(),
        }
    }

    /// The configuration for an API server. `whose` names the target in messages.
    pub(super) fn for_server(
        &self,
        trust: &RouteTrust,
        identity: Option<KeyPair>,
        whose: &str,
    ) -> Result<ClientConfig, Error> {
        let builder = self.trusting(trust, false, whose)?;
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(pair) => builder
                .with_client_auth_cert(pair.chain, pair.key)
                .map_err(|error| unusable_pair(&error, whose))?,
        };
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(config)
    }

    /// The configuration for a proxy that is itself reached by TLS: kubectl trusts the cluster's authorities there;
    /// the system's, which such proxies usually have, are accepted as well.
    pub(super) fn for_proxy(&self, trust: &RouteTrust, whose: &str) -> Result<ClientConfig, Error> {
        Ok(self.trusting(trust, true, whose)?.with_no_client_auth())
    }

    fn trusting(
        &self,
        trust: &RouteTrust,
        and_system: bool,
        whose: &str,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::refused("TLS cannot be set up").because(error))?;
        Ok(match trust {
            RouteTrust::System => builder.with_root_certificates(self.system_roots(whose)?),
            RouteTrust::Authorities(certificates) => {
                let mut roots = RootCertStore::empty();
                let (added, _) = roots.add_parsable_certificates(certificates.iter().cloned());
                if added == 0 {
                    return Err(Error::usage(format!(
                        "the certificate authority of {whose} cannot be used as one"
                    )));
                }
                if and_system && let Ok(system) = self.system_roots(whose) {
                    roots.extend(system.roots.iter().cloned());
                }
                builder.with_root_certificates(roots)
            }
            RouteTrust::Insecure => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptAny(
                    self.provider.signature_verification_algorithms,
                ))),
        })
    }

    fn system_roots(&self, whose: &str) -> Result<Arc<RootCertStore>, Error> {
        let roots = self.system.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Arc::new(roots)
        });
        if roots.is_empty() {
            return Err(Error::refused(format!(
                "{whose} names no certificate authority, and none is installed on this machine"
            ))
            .hint(
                "name one with certificate-authority in the kubeconfig, or install ca-certificates",
            ));
        }
        Ok(Arc::clone(roots))
    }
}

fn unusable_pair(error: &rustls::Error, whose: &str) -> Error {
    match error {
        rustls::Error::InconsistentKeys(_) => Error::new(
            Kind::Unauthenticated,
            format!("the client key of {whose} does not belong to its client certificate"),
        ),
        _ => Error::new(
            Kind::Unauthenticated,
            format!("the client certificate of {whose} cannot be used: {error}"),
        ),
    }
}

/// `insecure-skip-tls-verify`: any certificate will do, though the server must hold its key.
struct AcceptAny(WebPkiSupportedAlgorithms);

impl fmt::Debug for AcceptAny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptAny")
    }
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
