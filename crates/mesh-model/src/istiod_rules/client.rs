//! The errors of creating a client for the current context.
//!
//! Source: `ClientConfig` in `k8s.io/client-go/tools/clientcmd/client_config.go`, `DefaultServerURL` in `rest/url_utils.go`,
//! `TLSConfigFor` in `transport/transport.go`, `newOIDCAuthProvider` in `plugin/pkg/client/auth/oidc/oidc.go`.

use super::Refusal;

use crate::go::{self, Url};
use crate::kubeconfig::{Config, Entry, find};
use crate::x509::{ClientPair, KeyFlaw, PairFlaw, authorities, no_authority, too_much};

/// # Errors
/// The reason why no client can be created.
pub(super) fn check(config: &Config) -> Result<(), Refusal> {
    let context = find(&config.contexts, &config.current);
    let parts = context.and_then(|context| {
        let cluster = find(&config.clusters, context.text("cluster"))?;
        Some((cluster, find(&config.users, context.text("user"))?))
    });
    let Some((cluster, user)) = parts else {
        return Err(Refusal::NotUsable("it has no current context".to_owned()));
    };
    usable(cluster, user).map_err(Refusal::NotUsable)
}

fn usable(cluster: &Entry, user: &Entry) -> Result<(), String> {
    // Over plain HTTP neither the CA nor credentials are checked.
    if !is_tls(cluster.text("server"))? {
        return Ok(());
    }
    let insecure = cluster.is_true("insecure-skip-tls-verify");
    let pem = cluster.bytes("certificate-authority-data");
    let has_authorities = !pem.is_empty() || cluster.has("certificate-authority");
    if insecure && has_authorities {
        return Err(
            "it has a CA and insecure-skip-tls-verify, which exclude each other".to_owned(),
        );
    }
    // A text over the limits is not reported here; it fails when it is used.
    if !pem.is_empty() && authorities(&pem).is_empty() && too_much(&pem).is_none() {
        return Err(format!("its CA {}", no_authority(&pem)));
    }
    client_certificate(user)?;
    provider(user)
}

/// Returns whether the server is connected to over TLS; without a scheme it is not.
fn is_tls(server: &str) -> Result<bool, String> {
    if let Some(url) = Url::parse(server)
        && !url.scheme.is_empty()
        && !url.host.is_empty()
    {
        return Ok(url.scheme == "https");
    }
    let is_host = Url::parse(&format!("http://{server}"))
        .is_some_and(|url| url.path.is_empty() || url.path == "/");
    if is_host {
        Ok(false)
    } else {
        Err("its server is neither a URL nor a host with a port".to_owned())
    }
}

fn client_certificate(user: &Entry) -> Result<(), String> {
    let pem = user.bytes("client-certificate-data");
    if pem.is_empty() {
        return Ok(());
    }
    match ClientPair::read(&pem, &user.bytes("client-key-data")) {
        // An unsuitable key fails only when it is used.
        Ok(_)
        | Err(
            PairFlaw::Key(KeyFlaw::Unknown | KeyFlaw::Weak)
            | PairFlaw::TooMuch(_)
            | PairFlaw::LongKey(_),
        ) => Ok(()),
        Err(PairFlaw::NoCertificate | PairFlaw::Certificate(_)) => {
            Err("its client certificate is not valid PEM".to_owned())
        }
        Err(PairFlaw::Key(KeyFlaw::NotAKey)) => Err("its client key is not valid PEM".to_owned()),
        Err(PairFlaw::Key(KeyFlaw::Foreign)) => {
            Err("its client key belongs to another certificate".to_owned())
        }
    }
}

fn provider(user: &Entry) -> Result<(), String> {
    let provider = user.value("auth-provider");
    if provider.is_null() {
        return Ok(());
    }
    if provider["name"] != "oidc" {
        return Err("its auth-provider has no name".to_owned());
    }
    let config = &provider["config"];
    let text = |key: &str| config[key].as_str().unwrap_or_default();
    for key in ["idp-issuer-url", "client-id"] {
        if text(key).is_empty() {
            return Err(format!("its auth-provider oidc lacks {key}"));
        }
    }
    let pem = go::bytes(&config["idp-certificate-authority-data"]);
    let good = pem.is_some_and(|pem| pem.is_empty() || !authorities(&pem).is_empty());
    if good {
        Ok(())
    } else {
        Err("the CA of its auth-provider oidc holds no certificate".to_owned())
    }
}
