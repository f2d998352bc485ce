//! The route to a server: everything that two targets must have in common to share a connection.

use http::Uri;
use http::uri::Scheme;
use rustls::pki_types::CertificateDer;

use super::options::ProxyEnvironment;
use super::proxy::{self, Proxy};
use crate::fault::ConnectFault;
use crate::{Target, Trust};
use mesh_model::x509::authorities;

/// A host and a port to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// A name or an address; an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// The route to a server.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    pub(super) tls: bool,
    /// The name that the server's certificate must be valid for.
    pub(super) server_name: String,
    pub(super) trust: RouteTrust,
    pub(super) proxy: Option<Proxy>,
    /// The environment's `NO_PROXY`, if it is set.
    pub(super) exempt: Option<String>,
}

/// The accepted authorities, as certificates in a fixed order, so that they can be compared.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum RouteTrust {
    System,
    Authorities(Vec<CertificateDer<'static>>),
    Insecure,
}

impl Endpoint {
    pub(super) fn of(uri: &Uri, default_port: u16) -> Option<Self> {
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then(|| Self {
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(default_port),
        })
    }

    /// Returns `host:port`, as in a URL.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Route {
    /// Returns the route to the target's server at `base`, through its own proxy or the environment's.
    pub(super) fn of(
        target: &Target,
        base: &Uri,
        environment: &ProxyEnvironment,
    ) -> Result<Self, ConnectFault> {
        let tls = base.scheme() != Some(&Scheme::HTTP);
        let endpoint =
            Endpoint::of(base, if tls { 443 } else { 80 }).ok_or_else(|| ConnectFault::Other {
                reason: "the server's URL has no host".to_owned(),
            })?;
        let proxy = match target.proxy() {
            Some(url) => Some(Proxy::parse(url)?),
            None => proxy::from_environment(environment, tls, &endpoint)?,
        };
        Ok(Self {
            server_name: target
                .tls_server_name()
                .unwrap_or(&endpoint.host)
                .to_owned(),
            endpoint,
            tls,
            trust: RouteTrust::of(target.trust()),
            proxy,
            exempt: environment
                .no_proxy
                .clone()
                .filter(|list| !list.trim().is_empty()),
        })
    }
}

impl RouteTrust {
    fn of(trust: &Trust) -> Self {
        match trust {
            Trust::System => Self::System,
            Trust::Insecure => Self::Insecure,
            Trust::Authorities(pem) => {
                let mut certificates = authorities(pem);
                certificates.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
                certificates.dedup();
                Self::Authorities(certificates)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn an_ipv6_address_has_brackets_in_urls_only() {
        for (url, host, authority) in [
            ("https://[fd00::1]", "fd00::1", "[fd00::1]:443"),
            ("https://[::1]:6443/k8s", "::1", "[::1]:6443"),
            ("https://10.0.0.1", "10.0.0.1", "10.0.0.1:443"),
            (
                "https://api.example:6443/",
                "api.example",
                "api.example:6443",
            ),
        ] {
            let endpoint = Endpoint::of(&url.parse().unwrap(), 443).unwrap();
            assert_eq!(
                (endpoint.host.as_str(), endpoint.authority().as_str()),
                (host, authority)
            );
        }
    }
}
