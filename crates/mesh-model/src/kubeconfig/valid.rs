//! clientcmd's rules for an invalid configuration: of all entries ([`check`]), or of those that are used.
//!
//! Source: `k8s.io/client-go/tools/clientcmd/validation.go`.

use super::config::{Config, Entry, find};
use crate::cluster_name::is_dns_label;
use crate::go::Url;

const OLD_EXEC_VERSIONS: [&str; 2] = [
    "client.authentication.k8s.io/v1alpha1",
    "client.authentication.k8s.io/v1beta1",
];

/// Validates every entry and not only those of the current context, as `clientcmd.Validate` does.
///
/// # Errors
/// The contradictory or incomplete part.
pub fn check(config: &Config) -> Result<(), String> {
    whole(config)
        .and_then(|()| config.contexts.iter().try_for_each(|c| context(c, config)))
        .and_then(|()| config.users.iter().try_for_each(user))
        .and_then(|()| config.clusters.iter().try_for_each(cluster))
}

fn whole(config: &Config) -> Result<(), String> {
    let nothing = config.clusters.is_empty()
        && config.users.is_empty()
        && config.contexts.is_empty()
        && config.current.is_empty();
    if nothing {
        return Err("it configures nothing".to_owned());
    }
    let current = &config.current;
    if !current.is_empty() && find(&config.contexts, current).is_none() {
        return Err(format!("its current context {current:?} does not exist"));
    }
    Ok(())
}

fn context(context: &Entry, config: &Config) -> Result<(), String> {
    let name = &context.name;
    if name.is_empty() {
        return Err("a context has no name".to_owned());
    }
    for (kind, list) in [("user", &config.users), ("cluster", &config.clusters)] {
        let meant = context.text(kind);
        if meant.is_empty() {
            return Err(format!("context {name:?} names no {kind}"));
        }
        if find(list, meant).is_none() {
            return Err(format!(
                "{kind} {meant:?} of context {name:?} does not exist"
            ));
        }
    }
    if context.has("namespace") && !is_dns_label(context.text("namespace")) {
        return Err(format!("namespace of context {name:?} is not a DNS label"));
    }
    Ok(())
}

/// # Errors
/// The contradictory or incomplete part of a user entry.
pub fn user(user: &Entry) -> Result<(), String> {
    let certificate = user.has("client-certificate") || user.has("client-certificate-data");
    let both = |key: &str| user.has(key) && user.has(&format!("{key}-data"));
    let impersonates = user.has("as-uid") || user.has("as-groups") || user.has("as-user-extra");
    let wrongs = [
        (
            user.has("token") && (user.has("username") || user.has("password")),
            "has both a token and a password",
        ),
        (
            both("client-certificate"),
            "has its client certificate both inline and as a file",
        ),
        (
            certificate && both("client-key"),
            "has its client key both inline and as a file",
        ),
        (
            certificate && !user.has("client-key") && !user.has("client-key-data"),
            "has a client certificate without its key",
        ),
        (
            impersonates && !user.has("as"),
            "impersonates groups or a UID without a user",
        ),
    ];
    let name = &user.name;
    match wrongs.iter().find(|(wrong, _)| *wrong) {
        Some((_, what)) => Err(format!("user {name:?} {what}")),
        None => exec(user),
    }
}

fn exec(user: &Entry) -> Result<(), String> {
    let Some(exec) = user.value("exec").as_object() else {
        return Ok(());
    };
    let text = |key: &str| exec.get(key).and_then(|value| value.as_str()).unwrap_or("");
    let variables = exec.get("env").and_then(|env| env.as_array());
    let nameless = variables
        .into_iter()
        .flatten()
        .any(|variable| variable["name"].as_str().unwrap_or_default().is_empty());
    // clientcmd sets a default mode for the older versions.
    let mode_is_good = match text("interactiveMode") {
        "Never" | "IfAvailable" | "Always" => true,
        mode => mode.is_empty() && OLD_EXEC_VERSIONS.contains(&text("apiVersion")),
    };
    let wrongs = [
        (
            !user.value("auth-provider").is_null(),
            "beside an auth-provider",
        ),
        (text("command").is_empty(), "without a command"),
        (text("apiVersion").is_empty(), "without an apiVersion"),
        (nameless, "with a variable without a name"),
        (!mode_is_good, "without one of the interactiveModes"),
    ];
    match wrongs.iter().find(|(wrong, _)| *wrong) {
        Some((_, what)) => Err(format!("user {:?} has exec {what}", user.name)),
        None => Ok(()),
    }
}

/// # Errors
/// The contradictory or incomplete part of a cluster entry.
pub fn cluster(cluster: &Entry) -> Result<(), String> {
    let name = &cluster.name;
    if !cluster.has("server") {
        return Err(format!("cluster {name:?} has no server"));
    }
    if cluster.has("certificate-authority") && cluster.has("certificate-authority-data") {
        return Err(format!(
            "cluster {name:?} has its CA both inline and as a file"
        ));
    }
    let known = ["http", "https", "socks5"];
    let proxy_is_good = !cluster.has("proxy-url")
        || Url::parse(cluster.text("proxy-url"))
            .is_some_and(|url| known.contains(&url.scheme.as_str()));
    if !proxy_is_good {
        return Err(format!(
            "cluster {name:?} has a proxy-url that is neither http, https nor socks5"
        ));
    }
    Ok(())
}
