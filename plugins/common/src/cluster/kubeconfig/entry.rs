//! A cluster entry and a user entry, as [`Trust`] and [`Credential`].

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::SecretString;
use serde_json::json;

use super::file::{AuthProviderEntry, ClusterEntry, ExecEntry, UserEntry};
use super::load::Origin;
use crate::cluster::credential::{
    AuthProvider, Bearer, ClientCertificate, Credential, ExecPlugin, Interactive, Pem,
};
use crate::cluster::target::{FileReference, Trust};
use crate::mesh::Error;

/// The extension of a cluster entry whose content a credential plugin is given.
///
/// <https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster>
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// Reads entries, and keeps account of the files that entries from elsewhere refer to.
pub(super) struct Reader<'a> {
    cluster_folder: Option<&'a Path>,
    user_folder: Option<&'a Path>,
    references: Vec<FileReference>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(cluster: &'a Origin, user: &'a Origin) -> Self {
        Self {
            cluster_folder: cluster.folder(),
            user_folder: user.folder(),
            references: Vec::new(),
        }
    }

    pub(super) fn into_references(self) -> Vec<FileReference> {
        self.references
    }

    /// Whose certificates are accepted. Data wins over a file, as in client-go.
    pub(super) fn trust(&mut self, name: &str, cluster: &ClusterEntry) -> Result<Trust, Error> {
        let data = given(cluster.certificate_authority_data.as_ref());
        let path = given(cluster.certificate_authority.as_ref());
        if cluster.insecure_skip_tls_verify == Some(true) {
            if data.is_some() || path.is_some() {
                return Err(Error::usage(format!(
                    "cluster {name} sets both certificate-authority and insecure-skip-tls-verify, of which only one can hold"
                )));
            }
            return Ok(Trust::Insecure);
        }
        let (field, pem) = if let Some(data) = data {
            let field = format!("certificate-authority-data of cluster {name}");
            (field.clone(), decode(&field, data)?)
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
        if CertificateDer::pem_slice_iter(&pem).any(|certificate| certificate.is_ok()) {
            Ok(Trust::Authorities(pem))
        } else {
            Err(Error::usage(format!("{field} holds no certificate")))
        }
    }

    /// Who we are. What the credential needs from files is read when it is used, but for certificates in the text.
    pub(super) fn credential(
        &mut self,
        name: &str,
        user: &UserEntry,
        cluster_info: impl FnOnce() -> serde_json::Value,
    ) -> Result<Credential, Error> {
        let certificate = self.client_certificate(name, user)?;
        let bearer = self.bearer(name, user, cluster_info)?;
        Ok(Credential {
            bearer,
            certificate,
        })
    }

    fn bearer(
        &mut self,
        name: &str,
        user: &UserEntry,
        cluster_info: impl FnOnce() -> serde_json::Value,
    ) -> Result<Bearer, Error> {
        let token = given(user.token.as_ref()).map(SecretString::from);
        let file = given(user.token_file.as_ref());
        let basic = given(user.username.as_ref());
        if basic.is_some() && (token.is_some() || file.is_some()) {
            return Err(Error::usage(format!(
                "user {name} sets both a token and a user name, of which only one can hold"
            )));
        }
        if user.exec.is_some() && user.auth_provider.is_some() {
            return Err(Error::usage(format!(
                "user {name} sets both exec and auth-provider, of which only one can hold"
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
                password: user.password.clone().unwrap_or_default().into(),
            });
        }
        if let Some(exec) = &user.exec {
            return Ok(Bearer::Exec(self.exec(name, exec, cluster_info)?));
        }
        Ok(user
            .auth_provider
            .as_ref()
            .map_or(Bearer::None, auth_provider))
    }

    fn client_certificate(
        &mut self,
        name: &str,
        user: &UserEntry,
    ) -> Result<Option<ClientCertificate>, Error> {
        let certificate = self.pem(
            name,
            ["client-certificate", "client-certificate-data"],
            [&user.client_certificate, &user.client_certificate_data],
        )?;
        let key = self.pem(
            name,
            ["client-key", "client-key-data"],
            [&user.client_key, &user.client_key_data],
        )?;
        match (certificate, key) {
            (Some(certificate), Some(key)) => Ok(Some(ClientCertificate { certificate, key })),
            (Some(_), None) => Err(Error::usage(format!(
                "user {name} has a client certificate and no client-key for it"
            ))),
            (None, _) => Ok(None),
        }
    }

    fn pem(
        &mut self,
        name: &str,
        fields: [&'static str; 2],
        [path, data]: [&Option<String>; 2],
    ) -> Result<Option<Pem>, Error> {
        if let Some(data) = given(data.as_ref()) {
            let field = format!("{} of user {name}", fields[1]);
            let text = String::from_utf8(decode(&field, data)?)
                .map_err(|_| Error::usage(format!("{field} is not PEM text")))?;
            return Ok(Some(Pem::Inline(text.into())));
        }
        let path =
            given(path.as_ref()).map(|path| match self.path(fields[0], self.user_folder, path) {
                Some(path) => path,
                None => PathBuf::from(path),
            });
        Ok(path.map(Pem::File))
    }

    fn exec(
        &mut self,
        name: &str,
        exec: &ExecEntry,
        cluster_info: impl FnOnce() -> serde_json::Value,
    ) -> Result<ExecPlugin, Error> {
        let Some(command) = given(exec.command.as_ref()) else {
            return Err(Error::usage(format!(
                "user {name} has an exec without a command"
            )));
        };
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
        let interactive = match exec.interactive_mode.as_deref().unwrap_or_default() {
            "Never" => Interactive::Never,
            "" | "IfAvailable" => Interactive::IfAvailable,
            "Always" => Interactive::Always,
            other => {
                return Err(Error::usage(format!(
                    "user {name} has an exec with the unknown interactiveMode {other}"
                ))
                .hint("interactiveMode is Never, IfAvailable or Always"));
            }
        };
        let variables = exec.env.iter().flatten();
        Ok(ExecPlugin {
            api_version: exec.api_version.clone().unwrap_or_default(),
            command,
            args: exec.args.clone().unwrap_or_default(),
            env: variables
                .map(|variable| (variable.name.clone(), variable.value.clone()))
                .collect(),
            install_hint: exec.install_hint.clone(),
            interactive,
            cluster_info: (exec.provide_cluster_info == Some(true)).then(cluster_info),
        })
    }

    /// The file that an entry refers to; nothing where the entry is from elsewhere, which is noted instead.
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

/// What a credential plugin that asks for it is told about the cluster.
pub(super) fn exec_cluster_info(
    cluster: &ClusterEntry,
    server: &str,
    trust: &Trust,
) -> serde_json::Value {
    let mut info = json!({ "server": server });
    if let Some(name) = given(cluster.tls_server_name.as_ref()) {
        info["tls-server-name"] = json!(name);
    }
    match trust {
        Trust::System => (),
        Trust::Authorities(pem) => info["certificate-authority-data"] = json!(STANDARD.encode(pem)),
        Trust::Insecure => info["insecure-skip-tls-verify"] = json!(true),
    }
    if let Some(proxy) = given(cluster.proxy_url.as_ref()) {
        info["proxy-url"] = json!(proxy);
    }
    let mut extensions = cluster.extensions.iter().flatten();
    if let Some(named) = extensions.find(|named| named.name == EXEC_EXTENSION) {
        info["config"] = named.extension.clone().unwrap_or_default();
    }
    info
}

fn auth_provider(entry: &AuthProviderEntry) -> Bearer {
    let id_token = entry
        .config
        .as_ref()
        .and_then(|config| given(config.get("id-token")));
    Bearer::Provider(AuthProvider {
        name: entry.name.clone(),
        id_token: id_token.map(SecretString::from),
    })
}

fn given(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

fn decode(field: &str, data: &str) -> Result<Vec<u8>, Error> {
    let text: String = data.split_ascii_whitespace().collect();
    STANDARD
        .decode(text)
        .map_err(|_| Error::usage(format!("{field} is not base64")))
}
