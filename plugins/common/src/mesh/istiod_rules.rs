//! Whether istiod would take a kubeconfig out of a remote secret, and if not, why.
//!
//! The order is istiod's own (`NewUntrustedRestConfig` in Istio's `pkg/kube/util.go`): load, validate as clientcmd
//! does, deny the ways to authenticate that read files or run programs, build a client.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::certificate;
use super::cluster_name::is_dns_label;
use super::yaml::documents;

/// Why istiod refuses a kubeconfig; it logs one line and the cluster never appears in its `/debug/clusterz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no kubeconfig in the value.
    Empty,
    /// It cannot be decoded.
    NotLoadable(String),
    /// clientcmd finds it contradictory or incomplete.
    NotValid(String),
    /// It authenticates in a way that istiod denies unless `PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS` lists it.
    Denied(String),
    /// No client can be made of it.
    NotUsable(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("the kubeconfig is empty"),
            Self::NotLoadable(why) => write!(f, "the kubeconfig cannot be loaded: {why}"),
            Self::NotValid(why) => write!(f, "the kubeconfig is not valid: {why}"),
            Self::Denied(what) => write!(f, "{what} is not allowed in a remote secret"),
            Self::NotUsable(why) => write!(f, "no client can be made of the kubeconfig: {why}"),
        }
    }
}

/// What istiod would say to `kubeconfig`, the value of one data key of a remote secret.
///
/// # Errors
/// The first reason for which istiod refuses it.
pub fn verdict(kubeconfig: &[u8]) -> Result<(), Refusal> {
    if kubeconfig.is_empty() {
        return Err(Refusal::Empty);
    }
    let config = load(kubeconfig)?;
    validate(&config)?;
    for user in &config.users {
        deny(user)?;
    }
    usable(&config)
}

/// A kubeconfig's entries, each with its name, as far as the rules need them.
struct Config {
    current: String,
    clusters: Vec<Entry>,
    users: Vec<Entry>,
    contexts: Vec<Entry>,
}

struct Entry {
    name: String,
    fields: Map<String, Value>,
}

impl Entry {
    fn text(&self, key: &str) -> &str {
        self.fields
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn has(&self, key: &str) -> bool {
        match self.fields.get(key) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(Value::Bool(_) | Value::Number(_)) => true,
        }
    }
}

impl Config {
    fn find<'a>(list: &'a [Entry], name: &str) -> Option<&'a Entry> {
        list.iter().find(|entry| entry.name == name)
    }
}

fn load(bytes: &[u8]) -> Result<Config, Refusal> {
    let broken = |why: &str| Refusal::NotLoadable(why.to_owned());
    let text = std::str::from_utf8(bytes).map_err(|_| broken("it is not text"))?;
    let mut documents = documents(text, "it").map_err(|e| broken(&e.to_string()))?;
    if documents.is_empty() {
        return Err(broken("it holds nothing"));
    }
    let Value::Object(root) = documents.swap_remove(0) else {
        return Err(broken("it is not a mapping"));
    };
    check_type(&root)?;
    let current = match root.get("current-context") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(name)) => name.clone(),
        Some(_) => return Err(broken("current-context is not a text")),
    };
    Ok(Config {
        current,
        clusters: entries(&root, "clusters", "cluster")?,
        users: entries(&root, "users", "user")?,
        contexts: entries(&root, "contexts", "context")?,
    })
}

/// clientcmd's scheme knows `v1` `Config`; a file that names neither is taken for it.
fn check_type(root: &Map<String, Value>) -> Result<(), Refusal> {
    for (key, known) in [("apiVersion", "v1"), ("kind", "Config")] {
        let given = root.get(key).and_then(Value::as_str).unwrap_or_default();
        if !given.is_empty() && given != known {
            return Err(Refusal::NotLoadable(format!(
                "its {key} is {given:?} and not {known:?}"
            )));
        }
    }
    Ok(())
}

fn entries(root: &Map<String, Value>, list: &str, item: &str) -> Result<Vec<Entry>, Refusal> {
    let broken = |why: String| Refusal::NotLoadable(why);
    let items = match root.get(list) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(broken(format!("{list} is not a list"))),
    };
    items
        .iter()
        .map(|value| {
            let entry = value
                .as_object()
                .ok_or_else(|| broken(format!("{list} holds what is not a mapping")))?;
            let name = entry
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let fields = match entry.get(item) {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(fields)) => fields.clone(),
                Some(_) => return Err(broken(format!("{item} {name:?} is not a mapping"))),
            };
            check_fields(item, &name, &fields)?;
            Ok(Entry { name, fields })
        })
        .collect()
}

/// Go's decoder refuses a field of another type, and base64 that does not decode.
fn check_fields(item: &str, name: &str, fields: &Map<String, Value>) -> Result<(), Refusal> {
    const MAPPINGS: [&str; 3] = ["exec", "auth-provider", "as-user-extra"];
    const LISTS: [&str; 2] = ["as-groups", "extensions"];
    const BOOLEANS: [&str; 2] = ["insecure-skip-tls-verify", "disable-compression"];
    for (key, value) in fields {
        let fits = value.is_null()
            || if MAPPINGS.contains(&key.as_str()) {
                value.is_object()
            } else if LISTS.contains(&key.as_str()) {
                value.is_array()
            } else if BOOLEANS.contains(&key.as_str()) {
                value.is_boolean()
            } else if KNOWN_TEXTS.contains(&key.as_str()) {
                value.is_string()
            } else {
                true
            };
        if !fits {
            return Err(Refusal::NotLoadable(format!(
                "{key} of {item} {name:?} is of the wrong type"
            )));
        }
        if key.ends_with("-data")
            && BASE64_STANDARD
                .decode(value.as_str().unwrap_or_default())
                .is_err()
        {
            return Err(Refusal::NotLoadable(format!(
                "{key} of {item} {name:?} is not base64"
            )));
        }
    }
    Ok(())
}

const KNOWN_TEXTS: [&str; 19] = [
    "server",
    "tls-server-name",
    "proxy-url",
    "certificate-authority",
    "certificate-authority-data",
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "username",
    "password",
    "as",
    "as-uid",
    "cluster",
    "user",
    "namespace",
    "impersonate",
];

/// `clientcmd.Validate`, over every entry and not only those of the current context.
fn validate(config: &Config) -> Result<(), Refusal> {
    let wrong = |why: String| Err(Refusal::NotValid(why));
    if config.clusters.is_empty()
        && config.users.is_empty()
        && config.contexts.is_empty()
        && config.current.is_empty()
    {
        return wrong("it configures nothing".to_owned());
    }
    if !config.current.is_empty() && Config::find(&config.contexts, &config.current).is_none() {
        return wrong(format!(
            "its current context {:?} does not exist",
            config.current
        ));
    }
    for context in &config.contexts {
        for (kind, list) in [("cluster", &config.clusters), ("user", &config.users)] {
            let name = context.text(kind);
            if Config::find(list, name).is_none() {
                return wrong(format!(
                    "{kind} {name:?} of context {:?} does not exist",
                    context.name
                ));
            }
        }
        if context.has("namespace") && !is_dns_label(context.text("namespace")) {
            return wrong(format!(
                "namespace of context {:?} is not a DNS label",
                context.name
            ));
        }
        if context.name.is_empty() {
            return wrong("a context has no name".to_owned());
        }
    }
    config.users.iter().try_for_each(validate_user)?;
    config.clusters.iter().try_for_each(validate_cluster)
}

fn validate_user(user: &Entry) -> Result<(), Refusal> {
    let wrong = |why: &str| Err(Refusal::NotValid(format!("user {:?} {why}", user.name)));
    if user.has("token") && (user.has("username") || user.has("password")) {
        return wrong("has both a token and a password");
    }
    if user.has("client-certificate") && user.has("client-certificate-data") {
        return wrong("has its client certificate both inline and as a file");
    }
    let certificate = user.has("client-certificate") || user.has("client-certificate-data");
    if certificate && user.has("client-key") && user.has("client-key-data") {
        return wrong("has its client key both inline and as a file");
    }
    if certificate && !user.has("client-key") && !user.has("client-key-data") {
        return wrong("has a client certificate without its key");
    }
    if (user.has("as-uid") || user.has("as-groups") || user.has("as-user-extra")) && !user.has("as")
    {
        return wrong("impersonates groups or a UID without a user");
    }
    Ok(())
}

fn validate_cluster(cluster: &Entry) -> Result<(), Refusal> {
    let wrong = |why: &str| {
        Err(Refusal::NotValid(format!(
            "cluster {:?} {why}",
            cluster.name
        )))
    };
    if !cluster.has("server") {
        return wrong("has no server");
    }
    if cluster.has("certificate-authority") && cluster.has("certificate-authority-data") {
        return wrong("has its CA both inline and as a file");
    }
    let proxy = cluster.text("proxy-url");
    let known = ["http://", "https://", "socks5://"];
    if !proxy.is_empty() && !known.iter().any(|scheme| proxy.starts_with(scheme)) {
        return wrong("has a proxy-url that is neither http, https nor socks5");
    }
    Ok(())
}

/// `sanitizeKubeConfig` of Istio's `pkg/kube/util.go`, with an empty allow list.
fn deny(user: &Entry) -> Result<(), Refusal> {
    let denied = |what: String| Err(Refusal::Denied(what));
    if let Some(provider) = user.fields.get("auth-provider").and_then(Value::as_object) {
        let name = provider
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if name != "oidc" {
            return denied(format!("auth-provider {name:?}"));
        }
    }
    for key in ["client-key", "client-certificate", "tokenFile"] {
        if user.has(key) {
            return denied(format!("{key}, a file on istiod's own disk"));
        }
    }
    if user.has("exec") {
        return denied("exec, a program in istiod's own container".to_owned());
    }
    Ok(())
}

/// What building a client refuses: no context to use, CA and `insecure-skip-tls-verify` together, no certificate in the CA.
fn usable(config: &Config) -> Result<(), Refusal> {
    let wrong = |why: &str| Err(Refusal::NotUsable(why.to_owned()));
    let Some(context) = Config::find(&config.contexts, &config.current) else {
        return wrong("it has no current context");
    };
    let Some(cluster) = Config::find(&config.clusters, context.text("cluster")) else {
        return wrong("its current context has no cluster");
    };
    let insecure = cluster.fields.get("insecure-skip-tls-verify") == Some(&Value::Bool(true));
    let authorities = BASE64_STANDARD
        .decode(cluster.text("certificate-authority-data"))
        .unwrap_or_default();
    if insecure && !authorities.is_empty() {
        return wrong("it has a CA and insecure-skip-tls-verify, which exclude each other");
    }
    if !authorities.is_empty() && certificate::read_pem(&authorities).is_empty() {
        return wrong("its CA holds no certificate");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig(cluster: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             clusters: [{{name: c, cluster: {cluster}}}]\n\
             users: [{{name: c, user: {user}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: c}}}}]\n"
        )
    }

    fn said(text: &str) -> String {
        verdict(text.as_bytes()).map_or_else(|refusal| refusal.to_string(), |()| "taken".to_owned())
    }

    #[test]
    fn each_way_to_authenticate_is_taken_or_denied_as_istiod_does() {
        let server = "{server: 'https://h'}";
        for (user, expected) in [
            ("{token: t}", "taken"),
            ("{}", "taken"),
            ("{username: u, password: p}", "taken"),
            ("{auth-provider: {name: oidc}}", "taken"),
            (
                "{auth-provider: {name: gcp}}",
                "auth-provider \"gcp\" is not allowed in a remote secret",
            ),
            (
                "{tokenFile: /t}",
                "tokenFile, a file on istiod's own disk is not allowed in a remote secret",
            ),
            (
                "{exec: {command: aws}}",
                "exec, a program in istiod's own container is not allowed in a remote secret",
            ),
            (
                "{client-certificate-data: eA==}",
                "the kubeconfig is not valid: user \"c\" has a client certificate without its key",
            ),
            (
                "{token: t, username: u}",
                "the kubeconfig is not valid: user \"c\" has both a token and a password",
            ),
            (
                "{as-groups: [g]}",
                "the kubeconfig is not valid: user \"c\" impersonates groups or a UID without a user",
            ),
            (
                "{token: 3}",
                "the kubeconfig cannot be loaded: token of user \"c\" is of the wrong type",
            ),
        ] {
            assert_eq!(said(&kubeconfig(server, user)), expected, "{user}");
        }
    }

    #[test]
    fn each_broken_cluster_has_its_reason() {
        for (cluster, expected) in [
            (
                "{}",
                "the kubeconfig is not valid: cluster \"c\" has no server",
            ),
            (
                "{server: 'https://h', certificate-authority-data: '!'}",
                "the kubeconfig cannot be loaded: certificate-authority-data of cluster \"c\" is not base64",
            ),
            (
                "{server: 'https://h', certificate-authority-data: eA==}",
                "no client can be made of the kubeconfig: its CA holds no certificate",
            ),
            (
                "{server: 'https://h', proxy-url: 'ftp://x'}",
                "the kubeconfig is not valid: cluster \"c\" has a proxy-url that is neither http, https nor socks5",
            ),
            (
                "{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: eA==}",
                "no client can be made of the kubeconfig: it has a CA and insecure-skip-tls-verify, which exclude each other",
            ),
            (
                "{server: 'https://h', insecure-skip-tls-verify: true}",
                "taken",
            ),
        ] {
            assert_eq!(
                said(&kubeconfig(cluster, "{token: t}")),
                expected,
                "{cluster}"
            );
        }
    }

    #[test]
    fn what_is_no_kubeconfig_is_refused() {
        for (text, expected) in [
            ("", "the kubeconfig is empty"),
            ("{}", "the kubeconfig is not valid: it configures nothing"),
            (
                "just a text",
                "the kubeconfig cannot be loaded: it is not a mapping",
            ),
            (
                "apiVersion: v2\nkind: Config",
                "the kubeconfig cannot be loaded: its apiVersion is \"v2\" and not \"v1\"",
            ),
            (
                "current-context: x",
                "the kubeconfig is not valid: its current context \"x\" does not exist",
            ),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }
}
