//! Flags that replace fields of a cluster's and a user's entry, by client-go's rules for merging (`getCluster`,
//! `getAuthInfo` in `k8s.io/client-go/tools/clientcmd/client_config.go`).

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::load::{Kubeconfig, Origin};
use mesh_model::command::ServerWords;
use mesh_model::kubeconfig::{Config, Entry};

/// Values that replace fields of a kubeconfig's entries. Its `Debug` shows no token.
#[derive(Debug, Clone, Default)]
pub struct Direct {
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<SecretString>,
    /// `--certificate-authority`, an absolute path.
    pub certificate_authority: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
}

impl Direct {
    /// Returns the cluster's entry with the replaced fields.
    pub(super) fn cluster(&self, entry: &Entry) -> Entry {
        let mut entry = entry.clone();
        let mut set = |key: &str, value: Option<Value>| match value {
            Some(value) => entry.fields.insert(key.to_owned(), value),
            None => entry.fields.shift_remove(key),
        };
        if let Some(server) = &self.server {
            set("server", Some(json!(server)));
        }
        // Another address has another server name, unless a flag sets that too.
        if self.server.is_some() || self.tls_server_name.is_some() {
            set(
                "tls-server-name",
                self.tls_server_name.as_ref().map(|name| json!(name)),
            );
        }
        if self.insecure || self.certificate_authority.is_some() {
            let path = self.certificate_authority.as_ref();
            set(
                "insecure-skip-tls-verify",
                self.insecure.then(|| json!(true)),
            );
            set(
                "certificate-authority",
                path.map(|path| json!(path.to_string_lossy())),
            );
            set("certificate-authority-data", None);
        }
        entry
    }

    /// Returns the user's entry with the token. A token file in the kubeconfig does not take precedence over it.
    pub(super) fn user(&self, entry: &Entry) -> Entry {
        let mut entry = entry.clone();
        let token = self.token.as_ref().map(SecretString::expose_secret);
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            entry.fields.insert("token".to_owned(), json!(token));
            entry.fields.shift_remove("tokenFile");
        }
        entry
    }

    /// Returns the same flags for kubectl's command line, without the token.
    pub(super) fn words(&self) -> ServerWords {
        let authority = self.certificate_authority.as_ref();
        ServerWords {
            server: self.server.clone(),
            certificate_authority: authority.map(|path| path.to_string_lossy().into_owned()),
            tls_server_name: self.tls_server_name.clone(),
            insecure: self.insecure,
        }
    }
}

impl Kubeconfig {
    /// Returns a kubeconfig of one context with the server as its name, for users without a file who name the server by
    /// flag.
    pub fn of_server(server: &str) -> Self {
        let entry = |fields: Value| Entry {
            name: server.to_owned(),
            fields: fields.as_object().cloned().unwrap_or_default(),
        };
        let mut alone = Self::empty();
        let config = Config {
            current: server.to_owned(),
            clusters: vec![entry(json!({ "server": server }))],
            users: vec![entry(json!({}))],
            contexts: vec![entry(json!({ "cluster": server, "user": server }))],
        };
        alone.add(Origin::Flags, config);
        alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubeconfig::tests::{EAST, of_one};
    use crate::{CredentialKind, Overrides, Trust};

    fn over(text: &str, direct: Direct) -> Result<crate::Target, mesh_model::Error> {
        let overrides = Overrides {
            direct,
            ..Overrides::default()
        };
        of_one(text)?.target(&overrides)
    }

    #[test]
    fn flags_replace_fields_as_client_go_merges_them() {
        let text = EAST.replace(
            r#"server: "https://east.example:6443/""#,
            r#"server: "https://east.example:6443/", tls-server-name: api, certificate-authority: nowhere"#,
        );
        let direct = Direct {
            server: Some("https://other".to_owned()),
            token: Some("s3cret".into()),
            insecure: true,
            ..Direct::default()
        };
        let target = over(&text, direct).unwrap();
        assert_eq!(target.server(), "https://other");
        assert_eq!(target.tls_server_name(), None);
        assert_eq!(*target.trust(), Trust::Insecure);
        assert_eq!(
            target.credential().token().unwrap().expose_secret(),
            "s3cret"
        );
        assert!(
            target
                .kubectl()
                .to_string()
                .ends_with(" --context east --server https://other --insecure-skip-tls-verify")
        );
        let named = Direct {
            tls_server_name: Some("kubernetes".to_owned()),
            insecure: true,
            ..Direct::default()
        };
        let target = over(&text, named).unwrap();
        assert_eq!(target.server(), "https://east.example:6443/");
        assert_eq!(target.tls_server_name(), Some("kubernetes"));
    }

    #[test]
    fn a_token_beside_a_password_is_refused_and_a_token_file_gives_way() {
        let token = || Direct {
            token: Some("t".into()),
            ..Direct::default()
        };
        let password = EAST.replace("token: s3cret-token", "username: joe");
        let error = over(&password, token()).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"user "jane" has both a token and a password"#
        );
        let file = EAST.replace("token: s3cret-token", "tokenFile: nowhere");
        let target = over(&file, token()).unwrap();
        assert_eq!(target.credential().kind(), CredentialKind::Token);
    }

    #[test]
    fn a_server_alone_will_do() {
        let alone = Kubeconfig::of_server("https://east");
        let target = alone.target(&Overrides::default()).unwrap();
        assert_eq!(
            (target.context(), target.server()),
            ("https://east", "https://east")
        );
        assert_eq!(target.credential().kind(), CredentialKind::Anonymous);
    }
}
