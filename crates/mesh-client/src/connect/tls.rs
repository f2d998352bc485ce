//! TLS configurations: trusted authorities and client certificates.

use std::sync::{Arc, OnceLock};

use rustls::client::{ResolvesClientCert, WantsClientCert};
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ConfigBuilder};

use super::route::{Route, RouteTrust};
use super::verifier::Verifier;
use mesh_model::Error;
use mesh_model::x509::{ClientPair, Roots};

/// The protocols to offer, the preferred one first. A server without ALPN or HTTP/2 uses HTTP/1.1.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Creates TLS configurations; the system's authorities are read once, and only if a server needs them.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    system: OnceLock<Arc<Roots>>,
}

impl Tls {
    pub(super) fn new() -> Self {
        Self {
            provider: Arc::new(rustls::crypto::ring::default_provider()),
            system: OnceLock::new(),
        }
    }

    /// Returns the configuration for an API server. `whose` names the target in messages.
    pub(super) fn for_server(
        &self,
        route: &Route,
        identity: Option<ClientPair>,
        whose: &str,
    ) -> Result<ClientConfig, Error> {
        let builder = self.trusting(&route.trust, &route.server_name, false, whose)?;
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(pair) => builder.with_client_cert_resolver(resolver(pair)),
        };
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(config)
    }

    /// Returns the configuration for a proxy that is itself reached over TLS: kubectl trusts the cluster's authorities
    /// there; the system's, which such proxies usually have, are accepted too.
    pub(super) fn for_proxy(
        &self,
        trust: &RouteTrust,
        host: &str,
        whose: &str,
    ) -> Result<ClientConfig, Error> {
        Ok(self
            .trusting(trust, host, true, whose)?
            .with_no_client_auth())
    }

    fn trusting(
        &self,
        trust: &RouteTrust,
        name: &str,
        and_system: bool,
        whose: &str,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
        let roots = match trust {
            RouteTrust::System => Some(self.system_roots(whose)?),
            RouteTrust::Authorities(certificates) => {
                let mut roots = Roots::of(certificates.iter().cloned());
                if roots.is_empty() {
                    return Err(Error::usage(format!(
                        "the certificate authority of {whose} cannot be used as one"
                    )));
                }
                if and_system && let Ok(system) = self.system_roots(whose) {
                    roots.extend(&system);
                }
                Some(Arc::new(roots))
            }
            RouteTrust::Insecure => None,
        };
        let verifier = roots.map_or(Verifier::Any, |roots| Verifier::Roots {
            roots,
            name: name.to_owned(),
        });
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::refused("TLS cannot be set up").because(error))?;
        Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier)))
    }

    fn system_roots(&self, whose: &str) -> Result<Arc<Roots>, Error> {
        let roots = self.system.get_or_init(|| {
            let certificates = rustls_native_certs::load_native_certs().certs;
            Arc::new(Roots::unread(certificates))
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

/// Returns a resolver that presents the certificate for any list of authorities from the server, as kubectl does.
fn resolver(pair: ClientPair) -> Arc<dyn ResolvesClientCert> {
    Arc::new(SingleCertAndKey::from(CertifiedKey::new(
        pair.chain, pair.key,
    )))
}
