//! The words for a cluster that could not be reached, with what can be done about it.

use super::{ConnectFault, ProxyFault};
use crate::cluster::Target;
use crate::mesh::Error;
use crate::mesh::error::Kind;
use crate::mesh::shell::shell_word;

/// The error of a target that could not be connected to.
pub(in crate::cluster) fn unreachable(target: &Target, fault: ConnectFault) -> Error {
    let sentence = format!(
        "cannot connect to {} of {}",
        target.server(),
        target.described()
    );
    with_hints(Error::new(Kind::Unreachable, sentence), target, fault)
}

/// Adds the fault as the cause, and what can be done about it.
pub(super) fn with_hints(error: Error, target: &Target, fault: ConnectFault) -> Error {
    let hint = hint(target, &fault);
    hinted(error.because(fault), target, hint)
}

/// Adds the hint, unless it would lead to another cluster: what comes from elsewhere is in no context of this
/// machine's kubeconfig, and kubectl would take the current one.
pub(super) fn hinted(error: Error, target: &Target, hint: String) -> Error {
    if target.foreign && hint.starts_with("kubectl") {
        error
    } else {
        error.hint(hint)
    }
}

fn hint(target: &Target, fault: &ConnectFault) -> String {
    let kubectl = target.kubectl();
    let config = format!(
        "{} config",
        kubectl.split(" --context").next().unwrap_or("kubectl")
    );
    let cluster = shell_word(target.cluster_entry());
    // What belongs to a kubeconfig from elsewhere cannot be mended by kubectl config here.
    let foreign = target.foreign;
    match fault {
        ConnectFault::UnknownHost { host } => format!("getent hosts {}", shell_word(host)),
        ConnectFault::Refused { .. }
        | ConnectFault::NoRoute { .. }
        | ConnectFault::TimedOut { .. }
        | ConnectFault::Reset
        | ConnectFault::CertificateUnusable { .. }
        | ConnectFault::TlsRefused { .. } => format!(
            "curl -vk {}",
            shell_word(&format!("{}/livez", target.server().trim_end_matches('/')))
        ),
        ConnectFault::BrokenOff | ConnectFault::NoAnswer { .. } | ConnectFault::Other { .. } => {
            if foreign {
                format!("curl -vk {}", shell_word(target.server()))
            } else {
                format!("{kubectl} get --raw /readyz")
            }
        }
        ConnectFault::UnknownAuthority if foreign => {
            format!(
                "openssl s_client -showcerts -connect {}",
                shell_word(&host_and_port(target))
            )
        }
        ConnectFault::UnknownAuthority => format!(
            "{config} set-cluster {cluster} --embed-certs --certificate-authority FILE, with the authority that this shows: openssl s_client -showcerts -connect {}",
            shell_word(&host_and_port(target))
        ),
        ConnectFault::CertificateExpired { .. } => {
            "renew the API server's certificate, with kubeadm: kubeadm certs renew apiserver"
                .to_owned()
        }
        ConnectFault::CertificateNotYetValid { .. } => {
            "compare this machine's clock: date -u".to_owned()
        }
        ConnectFault::NameMismatch { valid_for, .. } => match valid_for.first() {
            Some(name) if !foreign => format!(
                "{config} set-cluster {cluster} --tls-server-name {}",
                shell_word(name)
            ),
            Some(name) => format!(
                "set tls-server-name: {name}, or use a server address that the certificate names"
            ),
            None => "give the API server a certificate that names this address".to_owned(),
        },
        ConnectFault::NotTls if foreign => format!(
            "curl -v {}",
            shell_word(&target.server().replacen("https", "http", 1))
        ),
        ConnectFault::NotTls => {
            "name the address at which the API server speaks TLS; without TLS no credential is sent"
                .to_owned()
        }
        ConnectFault::ClientCertificateRefused { .. } => format!(
            "{kubectl} config view --minify --raw -o jsonpath='{{.users[0].user.client-certificate-data}}' | base64 -d | openssl x509 -noout -subject -issuer -dates"
        ),
        ConnectFault::Proxy { proxy, fault } => proxy_hint(target, proxy, fault, &config, &cluster),
    }
}

fn proxy_hint(
    target: &Target,
    proxy: &str,
    fault: &ProxyFault,
    config: &str,
    cluster: &str,
) -> String {
    let set = |url: &str| match target.proxy() {
        Some(_) => format!("{config} set-cluster {cluster} --proxy-url {url}"),
        None => format!("export HTTPS_PROXY={url}"),
    };
    let curl = || {
        let (proxy, server) = (shell_word(proxy), shell_word(target.server()));
        format!("curl -v -x {proxy} {server}")
    };
    match fault {
        ProxyFault::Unreachable(_) | ProxyFault::NotAProxy { .. } => match target.proxy() {
            Some(_) => curl(),
            None => format!(
                "the proxy comes from the environment; to go without it: export NO_PROXY={}",
                shell_word(&host(target))
            ),
        },
        ProxyFault::WantsAuthentication => set(&proxy.replacen("://", "://USER:PASSWORD@", 1)),
        ProxyFault::Refused { .. } => curl(),
        ProxyFault::BadUrl => set("http://HOST:PORT"),
    }
}

fn host_and_port(target: &Target) -> String {
    let uri: Option<http::Uri> = target.server().parse().ok();
    let port = uri.as_ref().and_then(http::Uri::port_u16).unwrap_or(443);
    format!("{}:{port}", host(target))
}

/// The server's host as its URL has it.
fn host(target: &Target) -> String {
    let uri: Option<http::Uri> = target.server().parse().ok();
    uri.as_ref()
        .and_then(http::Uri::host)
        .unwrap_or(target.server())
        .to_owned()
}
