//! Settings of the context that a secret takes over where it does not work without them.

use mesh_client::{ConnectFault, Target, Trust, connect_fault};
use mesh_model::access::{Access, AccessTrust};
use mesh_model::remote_secret::RemoteSecret;
use mesh_model::{Error, server};

use super::remote::Remote;
use super::verify::{secret, try_out};

/// A setting of the context that the secret lacks, each good against one kind of fault: a proxy where nothing is reached, a name or
/// other authorities where the wrong certificate is presented.
#[derive(Clone, Copy)]
enum Fallback {
    Proxy,
    ServerName,
    Trust,
}

impl Fallback {
    /// Returns true where it may help. A server that is merely unreachable is no reason to trust another one.
    fn applies_to(self, fault: &ConnectFault) -> bool {
        match self {
            Self::Proxy => fault.is_unreachable(),
            Self::ServerName => matches!(fault, ConnectFault::NameMismatch { .. }),
            Self::Trust => !fault.is_unreachable(),
        }
    }

    /// Returns `access` with the setting of `target`, where that differs.
    fn merge_from(self, target: &Target, access: &Access) -> Option<Access> {
        let mut other = access.clone();
        match self {
            // A login to a proxy is a person's own, and not for a secret that others read.
            Self::Proxy => {
                other.proxy_url = target
                    .proxy()
                    .filter(|url| server::without_login(url) == **url)
                    .map(str::to_owned);
            }
            Self::ServerName => other.tls_server_name = target.tls_server_name().map(str::to_owned),
            Self::Trust => {
                other.trust = match target.trust() {
                    Trust::System => AccessTrust::System,
                    Trust::Authorities(pem) => AccessTrust::Authorities(pem.clone()),
                    Trust::Insecure => AccessTrust::Insecure,
                }
            }
        }
        let differs = other.trust != access.trust
            || other.tls_server_name != access.tls_server_name
            || other.proxy_url != access.proxy_url;
        differs.then_some(other)
    }
}

/// Returns the secret that reaches the same server as the context reaches it, with no more of the context's settings than it
/// needs; nothing where that does not help, or where the operator chose the way.
pub(super) async fn connect_with_fallbacks(
    remote: &Remote<'_>,
    just_made: bool,
    asked: &Access,
    error: &Error,
) -> Option<(RemoteSecret, Access, Option<String>)> {
    let options = remote.options;
    let target = remote.cluster.target();
    let chosen =
        options.authorities.is_some() || options.insecure || options.tls_server_name.is_some();
    if chosen || options.proxy_url.is_some() || options.server.is_some() {
        return None;
    }
    let mut access = asked.clone();
    let mut fault = connect_fault(error)?.clone();
    for fallback in [
        Fallback::Proxy,
        Fallback::ServerName,
        Fallback::Trust,
        Fallback::ServerName,
    ] {
        let other = fallback.merge_from(target, &access);
        let Some(other) = other.filter(|_| fallback.applies_to(&fault)) else {
            continue;
        };
        let secret = secret(remote, &other);
        match try_out(remote, &secret, just_made).await {
            Ok(by_proxy) => return Some((secret, other, by_proxy)),
            Err(error) => fault = connect_fault(&error)?.clone(),
        }
        access = other;
    }
    None
}

/// Returns the warning about what the secret has of the context.
pub(super) fn difference(asked: &Access, taken: &Access, context: &str) -> String {
    let mut parts = Vec::new();
    if asked.trust != taken.trust {
        parts.push(match taken.trust {
            AccessTrust::Authorities(_) => "its CA",
            AccessTrust::System => "no CA, so that istiod uses the roots of its own image",
            AccessTrust::Insecure => {
                "insecure-skip-tls-verify, so that istiod shows the token to any server that answers there"
            }
        });
    }
    if asked.tls_server_name != taken.tls_server_name {
        parts.push("its tls-server-name");
    }
    if asked.proxy_url != taken.proxy_url {
        parts.push("its proxy-url");
    }
    format!(
        "{} is not reached with the cluster's own CA alone; the secret carries over from context {context}: {}",
        taken.server,
        parts.join(", ")
    )
}
