//! Kubeconfigs for tests, built so that the test shows at a glance what is in them.
//!
//! This module writes the file format of <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>. It never reads
//! one, and it knows neither the embedded nor the real clusters: those hand out [`Cluster`] and [`User`] values.
//!
//! ```
//! use mesh_fake_apiserver::kubeconfig::{Cluster, Kubeconfig, User};
//! let text = Kubeconfig::new()
//!     .cluster("east", Cluster::new("https://127.0.0.1:6443").ca_pem("-----BEGIN…"))
//!     .user("reader", User::new().token("abc"))
//!     .context_in("east", "east", "reader", "istio-system")
//!     .current_context("east")
//!     .to_yaml();
//! assert!(text.contains("current-context: east"));
//! ```

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::pki::Identity;

/// The `apiVersion` that exec credential plugins speak today.
pub const EXEC_API_VERSION: &str = "client.authentication.k8s.io/v1";

/// The `cluster` part of a named cluster.
#[derive(Clone, Debug)]
pub struct Cluster(Map<String, Value>);

impl Cluster {
    /// A cluster at this URL, with the system's authorities trusted.
    pub fn new(server: &str) -> Self {
        Self(Map::new()).field("server", server)
    }

    /// Sets `certificate-authority-data` from PEM.
    #[must_use]
    pub fn ca_pem(self, pem: &str) -> Self {
        self.field("certificate-authority-data", STANDARD.encode(pem))
    }

    /// Sets `certificate-authority`, a file.
    #[must_use]
    pub fn ca_file(self, path: &Path) -> Self {
        self.field("certificate-authority", path_text(path))
    }

    /// Sets `insecure-skip-tls-verify: true`.
    #[must_use]
    pub fn insecure_skip_tls_verify(self) -> Self {
        self.field("insecure-skip-tls-verify", true)
    }

    /// Sets `tls-server-name`.
    #[must_use]
    pub fn tls_server_name(self, name: &str) -> Self {
        self.field("tls-server-name", name)
    }

    /// Sets `proxy-url`.
    #[must_use]
    pub fn proxy_url(self, url: &str) -> Self {
        self.field("proxy-url", url)
    }

    /// Sets any other field, or a wrong value for one of the above.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// The `user` part of a named user. Debug would show credentials, so there is none.
#[derive(Clone)]
pub struct User(Map<String, Value>);

impl User {
    /// A user without any credential.
    pub fn new() -> Self {
        Self(Map::new())
    }

    /// Sets `token`.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.field("token", token)
    }

    /// Sets `tokenFile`.
    #[must_use]
    pub fn token_file(self, path: &Path) -> Self {
        self.field("tokenFile", path_text(path))
    }

    /// Sets `client-certificate-data` and `client-key-data`.
    #[must_use]
    pub fn client_certificate(self, identity: &Identity) -> Self {
        self.field(
            "client-certificate-data",
            STANDARD.encode(&identity.certificate_pem),
        )
        .field("client-key-data", STANDARD.encode(&identity.key_pem))
    }

    /// Sets `client-certificate` and `client-key`, both files.
    #[must_use]
    pub fn client_certificate_files(self, certificate: &Path, key: &Path) -> Self {
        self.field("client-certificate", path_text(certificate))
            .field("client-key", path_text(key))
    }

    /// Sets `username` and `password`.
    #[must_use]
    pub fn basic(self, username: &str, password: &str) -> Self {
        self.field("username", username).field("password", password)
    }

    /// Sets `exec`.
    #[must_use]
    pub fn exec(self, exec: Exec) -> Self {
        self.field("exec", Value::Object(exec.0))
    }

    /// Sets `as` and `as-groups`.
    #[must_use]
    pub fn impersonate(self, user: &str, groups: &[&str]) -> Self {
        self.field("as", user).field("as-groups", groups.to_vec())
    }

    /// Sets any other field, or a wrong value for one of the above.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

impl Default for User {
    fn default() -> Self {
        Self::new()
    }
}

/// An exec credential plugin
/// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>).
#[derive(Clone)]
pub struct Exec(Map<String, Value>);

impl Exec {
    /// Runs `command`, speaking [`EXEC_API_VERSION`], never asking anybody.
    pub fn new(command: impl AsRef<Path>) -> Self {
        let mut fields = Map::new();
        fields.insert("apiVersion".to_owned(), EXEC_API_VERSION.into());
        fields.insert("command".to_owned(), path_text(command.as_ref()).into());
        fields.insert("interactiveMode".to_owned(), "Never".into());
        Self(fields)
    }

    /// Sets `args`.
    #[must_use]
    pub fn args(self, args: &[&str]) -> Self {
        self.field("args", args.to_vec())
    }

    /// Adds one variable to `env`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        let variables = self.0.entry("env").or_insert_with(|| json!([]));
        if let Value::Array(variables) = variables {
            variables.push(json!({"name": name, "value": value}));
        }
        self
    }

    /// Sets `apiVersion`.
    #[must_use]
    pub fn api_version(self, version: &str) -> Self {
        self.field("apiVersion", version)
    }

    /// Sets `provideClusterInfo: true`.
    #[must_use]
    pub fn provide_cluster_info(self) -> Self {
        self.field("provideClusterInfo", true)
    }

    /// Sets any other field, or a wrong value for one of the above.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// A whole kubeconfig. What is added twice is in the file twice, so that tests can write broken ones.
#[derive(Clone, Default)]
pub struct Kubeconfig {
    clusters: Vec<Value>,
    users: Vec<Value>,
    contexts: Vec<Value>,
    current_context: Option<String>,
}

impl Kubeconfig {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// One cluster, one user and one context, all with the same name, which is the current one.
    pub fn single(name: &str, cluster: Cluster, user: User) -> Self {
        Self::new().entry(name, cluster, user).current_context(name)
    }

    /// Adds a cluster, a user and the context that joins them, all with the same name.
    #[must_use]
    pub fn entry(self, name: &str, cluster: Cluster, user: User) -> Self {
        self.cluster(name, cluster)
            .user(name, user)
            .context(name, name, name)
    }

    /// Adds a cluster.
    #[must_use]
    pub fn cluster(mut self, name: &str, cluster: Cluster) -> Self {
        self.clusters
            .push(json!({"name": name, "cluster": Value::Object(cluster.0)}));
        self
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, name: &str, user: User) -> Self {
        self.users
            .push(json!({"name": name, "user": Value::Object(user.0)}));
        self
    }

    /// Adds a context without a namespace.
    #[must_use]
    pub fn context(mut self, name: &str, cluster: &str, user: &str) -> Self {
        self.contexts
            .push(json!({"name": name, "context": {"cluster": cluster, "user": user}}));
        self
    }

    /// Adds a context with a namespace.
    #[must_use]
    pub fn context_in(mut self, name: &str, cluster: &str, user: &str, namespace: &str) -> Self {
        self.contexts.push(json!({
            "name": name,
            "context": {"cluster": cluster, "user": user, "namespace": namespace},
        }));
        self
    }

    /// Sets `current-context`, which need not exist.
    #[must_use]
    pub fn current_context(mut self, name: &str) -> Self {
        self.current_context = Some(name.to_owned());
        self
    }

    /// The kubeconfig as JSON.
    pub fn to_json(&self) -> Value {
        let mut config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "preferences": {},
            "clusters": self.clusters,
            "users": self.users,
            "contexts": self.contexts,
        });
        if let Some(name) = &self.current_context {
            config["current-context"] = name.as_str().into();
        }
        config
    }

    /// The kubeconfig as YAML.
    pub fn to_yaml(&self) -> String {
        serde_saphyr::to_string(&self.to_json()).expect("JSON can be written as YAML")
    }

    /// Writes the YAML to a file.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.to_yaml()).expect("the test's folder can be written to");
    }
}

fn path_text(path: &Path) -> String {
    path.to_str().expect("test paths are UTF-8").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_reads_back_as_the_same_object() {
        let config = Kubeconfig::new()
            .cluster(
                "east",
                Cluster::new("https://127.0.0.1:1").ca_pem(&"x".repeat(2000)),
            )
            .user(
                "exec",
                User::new().exec(Exec::new("/bin/true").args(&["yes"]).env("A", "1_000")),
            )
            .context_in("east", "east", "exec", "on")
            .current_context("east");
        let read: Value = serde_saphyr::from_str(&config.to_yaml()).unwrap();
        assert_eq!(read, config.to_json());
    }
}
