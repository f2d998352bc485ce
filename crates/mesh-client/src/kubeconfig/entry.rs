//! Converts a cluster entry and a user entry into [`Trust`] and [`Credential`].

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::load::Origin;
use crate::credential::{
    AuthProvider, Bearer, ClientCertificate, Credential, ExecPlugin, Interactive, Pem, Preferences,
};
use crate::target::{FileReference, Trust};
use mesh_model::Error;
use mesh_model::kubeconfig::{self, Entry};
use mesh_model::x509::{authorities, no_authority};

/// The extension of a cluster entry that is passed to a credential plugin.
///
/// <https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster>
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// Reads entries, and records the files that entries from elsewhere refer to.
pub(super) struct Reader<'a> {
    cluster_folder: Option<&'a Path>,
    user_folder: Option<&'a Path>,
    preferences: &'a Preferences,
    references: Vec<FileReference>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(cluster: &'a Origin, user: &'a Origin, preferences: &'a Preferences) -> Self {
        Self {
            cluster_folder: cluster.folder(),
            user_folder: user.folder(),
            preferences,
            references: Vec::new(),
        }
    }

    pub(super) fn into_references(self) -> Vec<FileReference> {
        self.references
    }

    /// Returns the accepted authorities.
    pub(super) fn trust(&mut self, cluster: &Entry) -> Result<Trust, Error> {
        let name = &cluster.name;
        let data = cluster.bytes("certificate-authority-data");
        let path = cluster.given("certificate-authority");
        if cluster.is_true("insecure-skip-tls-verify") {
            if !data.is_empty() || path.is_some() {
                return Err(Error::usage(format!(
                    "cluster {name} sets both certificate-authority and insecure-skip-tls-verify, of which only one can hold"
                )));
            }
            return Ok(Trust::Insecure);
        }
        let (field, pem) = if !data.is_empty() {
            let field = format!("certificate-authority-data of cluster {name}");
            (field, data)
        } else if let Some(path) = path {
            let Some(path) = self.path("certificate-authority", self.cluster_folder, path) else {
                return Ok(Trust::System);
            };
            let field = format!("certificate-authority {} of cluster {name}", path.display());
            let pem = fs::read(&path)
                .map_err(|error| Error::usage(format!("{field} cannot be read")).because(error))?;
            (field, pem)
        } else {
            return Ok(Trust::System);
        };
        if authorities(&pem).is_empty() {
            Err(Error::usage(format!("{field} {}", no_authority(&pem))))
        } else {
            Ok(Trust::Authorities(pem))
        }
    }

    /// Returns the credential. Files are read when the credential is used, except for certificates in the text.
    pub(super) fn credential(
        &mut self,
        user: &Entry,
        cluster_info: impl FnOnce() -> Value,
    ) -> Result<Credential, Error> {
        kubeconfig::user(user).map_err(Error::usage)?;
        let certificate = self.client_certificate(user);
        let bearer = self.bearer(user, certificate.is_some(), cluster_info)?;
        Ok(Credential {
            bearer,
            certificate,
        })
    }

    fn bearer(
        &mut self,
        user: &Entry,
        has_certificate: bool,
        cluster_info: impl FnOnce() -> Value,
    ) -> Result<Bearer, Error> {
        let token = user.given("token").map(SecretString::from);
        let file = user.given("tokenFile");
        let basic = user.given("username");
        if basic.is_some() && file.is_some() {
            return Err(Error::usage(format!(
                "user {} sets both a tokenFile and a username, of which only one can hold",
                user.name
            )));
        }
        if let Some(path) = file.and_then(|path| self.path("tokenFile", self.user_folder, path)) {
            return Ok(Bearer::TokenFile {
                path,
                otherwise: token,
            });
        }
        if let Some(token) = token {
            return Ok(Bearer::Token(token));
        }
        if let Some(username) = basic {
            return Ok(Bearer::Basic {
                username: username.to_owned(),
                password: user.text("password").into(),
            });
        }
        if user.value("exec").is_object() {
            let plugin = self.exec(user, cluster_info);
            // With a client certificate in the entry, client-go runs no plugin.
            return Ok(if has_certificate {
                Bearer::None
            } else {
                Bearer::Exec(Box::new(plugin))
            });
        }
        let provider = user.value("auth-provider");
        Ok(if provider.is_null() {
            Bearer::None
        } else {
            auth_provider(provider)
        })
    }

    fn client_certificate(&mut self, user: &Entry) -> Option<ClientCertificate> {
        let certificate = self.pem(user, ["client-certificate", "client-certificate-data"]);
        let key = self.pem(user, ["client-key", "client-key-data"]);
        certificate
            .zip(key)
            .map(|(certificate, key)| ClientCertificate { certificate, key })
    }

    fn pem(&mut self, user: &Entry, fields: [&'static str; 2]) -> Option<Pem> {
        let data = user.bytes(fields[1]);
        if !data.is_empty() {
            return Some(Pem::Inline(data.into()));
        }
        let path =
            user.given(fields[0])
                .map(|path| match self.path(fields[0], self.user_folder, path) {
                    Some(path) => path,
                    None => PathBuf::from(path),
                });
        path.map(Pem::File)
    }

    fn exec(&mut self, user: &Entry, cluster_info: impl FnOnce() -> Value) -> ExecPlugin {
        let exec = user.value("exec");
        let text = |key: &str| exec[key].as_str().unwrap_or_default();
        let command = text("command");
        // Only a command with a separator is a path; a bare word is looked up in PATH, as in client-go.
        let is_path = command.contains(std::path::MAIN_SEPARATOR) || command.contains('/');
        let command = match self.user_folder {
            Some(folder) if is_path => folder.join(command).to_string_lossy().into_owned(),
            Some(_) => command.to_owned(),
            None => {
                self.references.push(FileReference {
                    field: "exec",
                    path: PathBuf::from(command),
                });
                command.to_owned()
            }
        };
        let list = |key: &str| exec[key].as_array().into_iter().flatten();
        let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        ExecPlugin {
            api_version: text("apiVersion").to_owned(),
            command,
            args: list("args").map(string).collect(),
            env: list("env")
                .map(|variable| (string(&variable["name"]), string(&variable["value"])))
                .collect(),
            install_hint: exec["installHint"].as_str().map(str::to_owned),
            interactive: match text("interactiveMode") {
                "Never" => Interactive::Never,
                "Always" => Interactive::Always,
                _ => Interactive::IfAvailable,
            },
            cluster_info: (exec["provideClusterInfo"] == true).then(cluster_info),
            preferences: self.preferences.clone(),
        }
    }

    /// Returns the file that an entry refers to; `None` if the entry is from elsewhere, which is recorded instead.
    fn path(&mut self, field: &'static str, folder: Option<&Path>, path: &str) -> Option<PathBuf> {
        if let Some(folder) = folder {
            Some(folder.join(path))
        } else {
            self.references.push(FileReference {
                field,
                path: PathBuf::from(path),
            });
            None
        }
    }
}

/// Returns the cluster information for a credential plugin that asks for it.
pub(super) fn exec_cluster_info(cluster: &Entry, server: &str, trust: &Trust) -> Value {
    let mut info = json!({ "server": server });
    if let Some(name) = cluster.given("tls-server-name") {
        info["tls-server-name"] = json!(name);
    }
    match trust {
        Trust::System => (),
        Trust::Authorities(pem) => info["certificate-authority-data"] = json!(STANDARD.encode(pem)),
        Trust::Insecure => info["insecure-skip-tls-verify"] = json!(true),
    }
    if let Some(proxy) = cluster.given("proxy-url") {
        info["proxy-url"] = json!(proxy);
    }
    let mut extensions = cluster.value("extensions").as_array().into_iter().flatten();
    if let Some(named) = extensions.find(|named| named["name"] == EXEC_EXTENSION) {
        info["config"] = named["extension"].clone();
    }
    info
}

fn auth_provider(provider: &Value) -> Bearer {
    let id_token = provider["config"]["id-token"].as_str();
    Bearer::Provider(AuthProvider {
        name: provider["name"].as_str().unwrap_or_default().to_owned(),
        id_token: id_token
            .filter(|token| !token.is_empty())
            .map(SecretString::from),
    })
}

#[cfg(test)]
mod tests {
    use crate::Overrides;
    use crate::kubeconfig::tests::{EAST, of_one};

    #[test]
    fn users_are_judged_as_kubectl_judges_them() {
        for (user, expected) in [
            (
                "{token: t, username: joe}",
                r#"user "jane" has both a token and a password"#,
            ),
            (
                "{tokenFile: t, username: joe}",
                "user jane sets both a tokenFile and a username, of which only one can hold",
            ),
            (
                "{client-certificate-data: eA==}",
                r#"user "jane" has a client certificate without its key"#,
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x}}",
                r#"user "jane" has exec without one of the interactiveModes"#,
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never, env: [{value: x}]}}",
                r#"user "jane" has exec with a variable without a name"#,
            ),
            (
                "{as-uid: u}",
                r#"user "jane" impersonates groups or a UID without a user"#,
            ),
        ] {
            let loaded = of_one(&EAST.replace("{token: s3cret-token}", user)).unwrap();
            let error = loaded.target(&Overrides::default()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
