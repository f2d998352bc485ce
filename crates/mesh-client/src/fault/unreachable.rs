//! The messages and hints for a cluster that could not be reached.

use super::{ConnectFault, ProxyFault};
use crate::Target;
use mesh_model::Error;
use mesh_model::command::{Command, Remedy};
use mesh_model::error::Kind;

/// Returns the error for a target that could not be connected to.
pub(crate) fn unreachable(target: &Target, fault: ConnectFault) -> Error {
    let sentence = format!(
        "cannot connect to {} of {}",
        target.server(),
        target.described()
    );
    with_hints(Error::new(Kind::Unreachable, sentence), target, fault)
}

/// Adds the fault as the cause, and hints.
pub(super) fn with_hints(error: Error, target: &Target, fault: ConnectFault) -> Error {
    let error = if matches!(fault, ConnectFault::UnknownAuthority { .. }) && !target.foreign {
        error.hint(format!(
            "give cluster {} of the kubeconfig the authority that signed the server's certificate (kubectl config set-cluster --embed-certs --certificate-authority)",
            target.cluster_entry()
        ))
    } else {
        error
    };
    let hint = hint(target, &fault);
    hinted(error.because(fault), target, hint)
}

/// Adds the hint, unless it would select another cluster: a kubeconfig from elsewhere has no context in this machine's
/// kubeconfig, and kubectl would use the current one.
pub(super) fn hinted(error: Error, target: &Target, hint: Remedy) -> Error {
    if target.foreign && hint.program() == Some("kubectl") {
        error
    } else {
        error.hint(hint)
    }
}

fn hint(target: &Target, fault: &ConnectFault) -> Remedy {
    let kubectl = target.kubectl();
    let set_cluster = || {
        let cluster = target.cluster_entry();
        kubectl.config().words("set-cluster").arg(cluster)
    };
    let curl = |path: &str| {
        let server = target.server().trim_end_matches('/');
        Remedy::from(Command::new("curl -vk").arg(&format!("{server}{path}")))
    };
    // Entries of a kubeconfig from elsewhere cannot be fixed by kubectl config here.
    let foreign = target.foreign;
    match fault {
        ConnectFault::UnknownHost { host } => Command::new("getent hosts").arg(host).into(),
        ConnectFault::Refused { .. }
        | ConnectFault::NoRoute { .. }
        | ConnectFault::TimedOut { .. }
        | ConnectFault::Reset
        | ConnectFault::CertificateUnusable { .. }
        | ConnectFault::TlsRefused { .. } => curl("/livez"),
        ConnectFault::BrokenOff | ConnectFault::NoAnswer { .. } | ConnectFault::Other { .. } => {
            if foreign {
                curl("")
            } else {
                kubectl.command().words("get --raw /readyz").into()
            }
        }
        ConnectFault::UnknownAuthority { .. } => Command::new("openssl s_client -showcerts")
            .flag("-connect", &host_and_port(target))
            .into(),
        ConnectFault::CertificateExpired { .. } => {
            "renew the API server's certificate, with kubeadm: kubeadm certs renew apiserver".into()
        }
        ConnectFault::CertificateNotYetValid { .. } => {
            "compare this machine's clock with the server's".into()
        }
        ConnectFault::NameMismatch { valid_for, .. } => match valid_for.first() {
            Some(name) if !foreign => set_cluster().flag("--tls-server-name", name).into(),
            Some(name) => format!(
                "set tls-server-name: {name}, or use a server address that the certificate names"
            )
            .into(),
            None => "give the API server a certificate that names this address".into(),
        },
        ConnectFault::NotTls if foreign => Command::new("curl -v")
            .arg(&target.server().replacen("https", "http", 1))
            .into(),
        ConnectFault::NotTls => {
            "name the address at which the API server speaks TLS, since without TLS no credential is sent"
                .into()
        }
        ConnectFault::ClientCertificateRefused { .. } => kubectl
            .command()
            .words("config view --minify --raw")
            .flag("-o", "jsonpath={.users[0].user.client-certificate-data}")
            .pipe(Command::new("base64 -d"))
            .pipe(Command::new("openssl x509 -noout -subject -issuer -dates"))
            .into(),
        ConnectFault::Proxy { proxy, fault } => proxy_hint(target, proxy, fault),
    }
}

fn proxy_hint(target: &Target, proxy: &str, fault: &ProxyFault) -> Remedy {
    // The owner of the proxy setting changes its URL.
    let set = |what: &str| -> Remedy {
        let cluster = target.cluster_entry();
        match target.proxy() {
            Some(_) => format!(
                "write {what} into proxy-url of cluster {cluster} in the kubeconfig (kubectl config set-cluster)"
            ),
            None => format!("write {what} into HTTPS_PROXY"),
        }
        .into()
    };
    let curl = || -> Remedy {
        let curl = Command::new("curl -v").flag("-x", proxy);
        curl.arg(target.server()).into()
    };
    match fault {
        ProxyFault::Unreachable(_) | ProxyFault::NotAProxy { .. } => match target.proxy() {
            Some(_) => curl(),
            None => format!(
                "the proxy comes from the environment: to go without it, add {} to NO_PROXY",
                host(target)
            )
            .into(),
        },
        ProxyFault::WantsAuthentication => set("the proxy's URL with user name and password"),
        ProxyFault::Refused { .. } => curl(),
        ProxyFault::BadUrl => set("a URL such as http://proxy.example:3128"),
    }
}

fn host_and_port(target: &Target) -> String {
    let uri: Option<http::Uri> = target.server().parse().ok();
    let port = uri.as_ref().and_then(http::Uri::port_u16).unwrap_or(443);
    format!("{}:{port}", host(target))
}

/// Returns the server's host as in its URL.
fn host(target: &Target) -> String {
    let uri: Option<http::Uri> = target.server().parse().ok();
    uri.as_ref()
        .and_then(http::Uri::host)
        .unwrap_or(target.server())
        .to_owned()
}
