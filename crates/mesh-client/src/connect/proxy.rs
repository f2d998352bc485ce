//! The proxy for a connection, from the kubeconfig or from the environment.
//!
//! The environment's rules are those of Go's `httpproxy`, which kubectl follows:
//! <https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config>

use std::net::IpAddr;

use http::Uri;

use super::options::ProxyEnvironment;
use super::route::Endpoint;
use crate::fault::{ConnectFault, ProxyFault};

/// A proxy, with its credential.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) kind: ProxyKind,
    pub(super) endpoint: Endpoint,
    /// User name and password.
    pub(super) login: Option<(String, String)>,
    /// Its URL without the login, for messages.
    pub(super) shown: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProxyKind {
    Http,
    Https,
    Socks5,
}

impl Proxy {
    /// Reads a proxy's URL: `http`, `https`, `socks5` or `socks5h`.
    pub(super) fn parse(url: &str) -> Result<Self, ConnectFault> {
        let bad = || {
            let shown = url.rsplit_once('@').map_or(url, |(_, host)| host);
            ConnectFault::Proxy {
                proxy: shown.to_owned(),
                fault: Box::new(ProxyFault::BadUrl),
            }
        };
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let (kind, port) = match uri.scheme_str() {
            Some("http") => (ProxyKind::Http, 80),
            Some("https") => (ProxyKind::Https, 443),
            Some("socks5" | "socks5h") => (ProxyKind::Socks5, 1080),
            Some(_) | None => return Err(bad()),
        };
        let endpoint = Endpoint::of(&uri, port).ok_or_else(bad)?;
        let authority = uri
            .authority()
            .map(http::uri::Authority::as_str)
            .unwrap_or_default();
        let login = authority.rsplit_once('@').map(|(login, _)| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            (unescape(user), unescape(password))
        });
        let scheme = uri.scheme_str().unwrap_or_default();
        let shown = format!("{scheme}://{}", endpoint.authority());
        Ok(Self {
            kind,
            endpoint,
            login,
            shown,
        })
    }

    pub(super) fn fault(&self, fault: ProxyFault) -> ConnectFault {
        ConnectFault::Proxy {
            proxy: self.shown.clone(),
            fault: Box::new(fault),
        }
    }
}

/// Returns the environment's proxy for a server, if there is one and the server is not exempt.
pub(super) fn from_environment(
    environment: &ProxyEnvironment,
    tls: bool,
    server: &Endpoint,
) -> Result<Option<Proxy>, ConnectFault> {
    let url = if tls {
        &environment.https
    } else {
        &environment.http
    };
    let Some(url) = url.as_deref().map(str::trim).filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    if is_exempt(server, environment.no_proxy.as_deref().unwrap_or_default()) {
        return Ok(None);
    }
    if url.contains("://") {
        Proxy::parse(url).map(Some)
    } else {
        Proxy::parse(&format!("http://{url}")).map(Some)
    }
}

fn is_exempt(server: &Endpoint, no_proxy: &str) -> bool {
    let host = server.host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost"
        || address.is_some_and(|address| address.is_loopback())
        || no_proxy
            .split(',')
            .map(|entry| entry.trim().to_ascii_lowercase())
            .any(|entry| entry_matches(&entry, &host, address, server.port))
}

fn entry_matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return address.is_some_and(|address| in_network(address, network, bits));
    }
    if let Ok(exempt) = entry
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
    {
        return address == Some(exempt);
    }
    let (name, exempt_port) = match entry.rsplit_once(':') {
        Some((name, digits)) => (name, digits.parse::<u16>().ok()),
        None => (entry, None),
    };
    if exempt_port.is_some_and(|exempt| exempt != port) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(exempt) = name.parse::<IpAddr>() {
        return address == Some(exempt);
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some(parent) => is_below(host, parent),
        None => host == name || is_below(host, name),
    }
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.'))
}

fn in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            (u64::from(address.to_bits()) >> (32 - bits))
                == (u64::from(network.to_bits()) >> (32 - bits))
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let differ = address.to_bits() ^ network.to_bits();
            differ.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V4(_) | IpAddr::V6(_), _) => false,
    }
}

/// Decodes percent escapes; anything that is not an escape stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| {
            after
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(0), digit(1))
            && let Ok(value) = u8::try_from(high * 16 + low)
        {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exempt(server: &str, no_proxy: &str) -> bool {
        let (host, port) = server.rsplit_once(':').unwrap();
        let server = Endpoint {
            host: host.to_owned(),
            port: port.parse().unwrap(),
        };
        is_exempt(&server, no_proxy)
    }

    #[test]
    fn no_proxy_follows_go() {
        for (server, no_proxy) in [
            ("localhost:443", ""),
            ("127.0.0.7:443", ""),
            ("::1:443", ""),
            ("api.example.com:443", "*"),
            ("api.example.com:443", "other, example.com"),
            ("api.example.com:443", ".example.com"),
            ("api.example.com:443", "*.example.com"),
            ("api.example.com:6443", "example.com:6443"),
            ("API.example.com.:443", "api.EXAMPLE.com"),
            ("10.1.2.3:443", "10.0.0.0/8"),
            ("10.1.2.3:443", "0.0.0.0/0"),
            ("10.1.2.3:443", "10.1.2.3:443"),
            ("fd00::7:443", "fd00::/8"),
            ("fd00::7:443", "::/0"),
        ] {
            assert!(exempt(server, no_proxy), "{server} by {no_proxy}");
        }
        for (server, no_proxy) in [
            ("api.example.com:443", ""),
            ("example.com:443", ".example.com"),
            ("myexample.com:443", "example.com"),
            ("api.example.com:443", "example.com:6443"),
            ("11.1.2.3:443", "10.0.0.0/8"),
            ("11.1.2.3:443", "fd00::/8"),
        ] {
            assert!(!exempt(server, no_proxy), "{server} by {no_proxy}");
        }
    }

    #[test]
    fn a_login_is_understood_and_never_shown() {
        let proxy = Proxy::parse("http://me:p%40ss%3A@proxy.example:3128").unwrap();
        assert_eq!(proxy.login, Some(("me".to_owned(), "p@ss:".to_owned())));
        assert_eq!(proxy.shown, "http://proxy.example:3128");
        let Err(fault) = Proxy::parse("ftp://me:secret@proxy") else {
            panic!("ftp is no proxy");
        };
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }

    #[test]
    fn each_kind_has_its_port() {
        for (url, kind, port) in [
            ("http://p", ProxyKind::Http, 80),
            ("https://p", ProxyKind::Https, 443),
            ("socks5://p", ProxyKind::Socks5, 1080),
            ("socks5h://[::1]:9", ProxyKind::Socks5, 9),
        ] {
            let proxy = Proxy::parse(url).unwrap();
            assert_eq!((proxy.kind, proxy.endpoint.port), (kind, port), "{url}");
        }
    }
}
