//! The address of an API server, as a holder's istiod connects to it: its validity, and addresses that cannot work.

use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use super::Error;
use super::command::{Knob, Remedy, Step};

/// The reason why a server address cannot work from another cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// A loopback address: the machine that connects.
    Loopback,
    /// The unspecified address (`0.0.0.0`, `::`).
    Unspecified,
    /// A name that only resolves on a workstation, or only inside the cluster itself.
    LocalName,
}

impl Dead {
    /// Returns the reason as half a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Loopback => {
                "is a loopback address: istiod in another cluster would connect to itself"
            }
            Self::Unspecified => "is the unspecified address, to which nothing can connect",
            Self::LocalName => {
                "is a name that means something else, or nothing, in another cluster"
            }
        }
    }
}

/// Returns `url` without user name and password, for messages.
pub fn without_login(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let slashes = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{slashes}{host}{}", &rest[end..])
}

/// Returns whether `server` is Rancher's own proxy for a cluster, which accepts no token of that cluster.
///
/// <https://ranchermanager.docs.rancher.com/how-to-guides/new-user-guides/manage-clusters/access-clusters/authorized-cluster-endpoint>
pub fn is_rancher(server: &str) -> bool {
    server.contains("/k8s/clusters/")
}

/// Checks that `server` is a URL with scheme and host, as a kubeconfig requires.
///
/// # Errors
/// A usage error with the corrected form as its hint.
pub fn check_url(server: &str) -> Result<(), Error> {
    let uri: Option<Uri> = server.parse().ok();
    let shown = without_login(server);
    if shown != server {
        return Err(Error::usage(format!(
            "server {shown:?} is given with a user name or password"
        ))
        .hint(Remedy::add(Knob::Server, &shown)));
    }
    let scheme = uri.as_ref().and_then(Uri::scheme);
    if !server.contains("://") || scheme.is_none() {
        return Err(Error::usage(format!("server {server:?} has no scheme"))
            .hint(Remedy::add(Knob::Server, &format!("https://{server}"))));
    }
    if scheme != Some(&Scheme::HTTPS) && scheme != Some(&Scheme::HTTP) {
        return Err(
            Error::usage(format!("server {server:?} is neither https:// nor http://"))
                .hint(give_url()),
        );
    }
    if uri.as_ref().and_then(Uri::host).is_none_or(str::is_empty) {
        return Err(Error::usage(format!("server {server:?} has no host")).hint(give_url()));
    }
    Ok(())
}

fn give_url() -> Step {
    let step = Step::new("give ").knob(Knob::Server);
    step.text(" a URL such as https://api.example:6443")
}

/// Returns the reason why `server` cannot be reached from another cluster, if the text alone shows one.
pub fn dead(server: &str) -> Option<Dead> {
    let uri: Uri = server.parse().ok()?;
    let host = uri
        .host()?
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        let address = address.to_canonical();
        return if address.is_loopback() {
            Some(Dead::Loopback)
        } else if address.is_unspecified() {
            Some(Dead::Unspecified)
        } else {
            None
        };
    }
    let host = host.trim_end_matches('.');
    if host == "localhost" || host.ends_with(".localhost") {
        return Some(Dead::Loopback);
    }
    let inside = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    let outside = [
        "host.docker.internal",
        "kubernetes.docker.internal",
        "host.minikube.internal",
    ];
    (inside.contains(&host) || outside.contains(&host)).then_some(Dead::LocalName)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_needs_scheme_and_host() {
        for good in [
            "https://h",
            "https://10.0.0.1:6443",
            "http://h:80/k8s/c-1",
            "https://[fd00::1]:6443",
        ] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for (bad, hint) in [
            ("10.0.0.1:6443", "add --server https://10.0.0.1:6443"),
            ("api.example", "add --server https://api.example"),
            (
                "ftp://x",
                "give --server a URL such as https://api.example:6443",
            ),
            ("https://me:secret@h:1/p", "add --server https://h:1/p"),
        ] {
            let error = check_url(bad).unwrap_err();
            assert_eq!(error.hints(), [hint], "{bad}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_login_is_not_shown() {
        for (url, shown) in [
            ("http://u:p@h:1/a@b", "http://h:1/a@b"),
            ("http://u:p@h?q=@", "http://h?q=@"),
            ("u:p@h:1", "h:1"),
            ("https://h", "https://h"),
        ] {
            assert_eq!(without_login(url), shown);
        }
    }

    #[test]
    fn loopback_in_every_spelling_is_dead() {
        for (server, why) in [
            ("https://127.0.0.1:6443", Dead::Loopback),
            ("https://127.9.9.9", Dead::Loopback),
            ("https://localhost:1", Dead::Loopback),
            ("https://LOCALHOST.:1", Dead::Loopback),
            ("https://x.localhost", Dead::Loopback),
            ("https://[::1]:6443", Dead::Loopback),
            ("https://[::ffff:127.0.0.1]:6443", Dead::Loopback),
            ("https://0.0.0.0:6443", Dead::Unspecified),
            ("https://[::]:6443", Dead::Unspecified),
            ("https://kubernetes.default", Dead::LocalName),
            ("https://host.docker.internal:6443", Dead::LocalName),
        ] {
            assert_eq!(dead(server), Some(why), "{server}");
        }
        for server in [
            "https://10.0.0.1",
            "https://api.example",
            "https://notlocalhost",
            "https://[fd00::1]",
        ] {
            assert_eq!(dead(server), None, "{server}");
        }
    }
}
