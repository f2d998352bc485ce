//! The kubeconfig inside a remote secret: the address of one API server and the credential for it, as a holder's istiod
//! uses them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::yaml::to_yaml;

/// One server and one user, from which a kubeconfig is written.
// No Debug: it holds a credential, and maybe a login to a proxy.
#[derive(Clone)]
pub struct Access {
    /// URL of the API server, as a holder's istiod connects to it.
    pub server: String,
    /// Trust anchors that the server's certificate is checked against.
    pub trust: AccessTrust,
    /// The name to check in the server's certificate, where it is not the host of `server`.
    pub tls_server_name: Option<String>,
    /// The proxy that a holder's istiod connects through.
    pub proxy_url: Option<String>,
    /// The reader's credential.
    pub user: AccessUser,
}

/// The trust anchors that a server's certificate is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessTrust {
    /// These certificates (PEM).
    Authorities(Vec<u8>),
    /// The root certificates of the machine that connects; for an istiod those of its image.
    System,
    /// No check: `insecure-skip-tls-verify`.
    Insecure,
}

/// The credential that the reader authenticates with.
// No Debug: it holds a credential, and maybe a login to a proxy.
#[derive(Clone)]
pub enum AccessUser {
    /// A bearer token.
    Token(SecretString),
    /// An `auth-provider`, which istiod refuses by default unless it is `oidc`.
    Provider {
        /// The provider's name.
        name: String,
        /// Its configuration.
        config: BTreeMap<String, String>,
    },
}

impl Access {
    /// Returns the kubeconfig as YAML, with cluster, user and context all named `name`, as istioctl writes it. It
    /// contains the credential in plain text.
    pub fn to_kubeconfig(&self, name: &str) -> String {
        let mut cluster = Map::new();
        match &self.trust {
            AccessTrust::Authorities(pem) => {
                cluster.insert(
                    "certificate-authority-data".to_owned(),
                    BASE64_STANDARD.encode(pem).into(),
                );
            }
            AccessTrust::System => {}
            AccessTrust::Insecure => {
                cluster.insert("insecure-skip-tls-verify".to_owned(), true.into());
            }
        }
        if let Some(proxy) = &self.proxy_url {
            cluster.insert("proxy-url".to_owned(), proxy.as_str().into());
        }
        cluster.insert("server".to_owned(), self.server.as_str().into());
        if let Some(server_name) = &self.tls_server_name {
            cluster.insert("tls-server-name".to_owned(), server_name.as_str().into());
        }
        to_yaml(&json!({
            "apiVersion": "v1",
            "clusters": [{"cluster": cluster, "name": name}],
            "contexts": [{"context": {"cluster": name, "user": name}, "name": name}],
            "current-context": name,
            "kind": "Config",
            "users": [{"name": name, "user": self.user.to_value()}],
        }))
    }
}

impl AccessUser {
    fn to_value(&self) -> Value {
        match self {
            Self::Token(token) => json!({"token": token.expose_secret()}),
            Self::Provider { name, config } => {
                json!({"auth-provider": {"config": config, "name": name}})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_names_everything_after_the_cluster() {
        let access = Access {
            server: "https://10.0.0.1:6443".to_owned(),
            trust: AccessTrust::Authorities(b"pem".to_vec()),
            tls_server_name: Some("api".to_owned()),
            proxy_url: None,
            user: AccessUser::Token("t".into()),
        };
        let expected = "\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: cGVt
    server: https://10.0.0.1:6443
    tls-server-name: api
  name: west
contexts:
- context:
    cluster: west
    user: west
  name: west
current-context: west
kind: Config
users:
- name: west
  user:
    token: t
";
        assert_eq!(access.to_kubeconfig("west"), expected);
    }
}
