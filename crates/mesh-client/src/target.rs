//! One cluster as a kubeconfig describes it: server, trust and credential.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::Credential;
use mesh_model::command::Kubectl;
use mesh_model::remote_cluster::Address;
use mesh_model::server::without_login;

/// Everything that is needed to reach one cluster: a kubeconfig of one entry, with its files found.
///
/// Its `Debug` shows no secret.
#[derive(Clone)]
pub struct Target {
    pub(super) context: String,
    pub(super) kubectl: Kubectl,
    pub(super) cluster_entry: String,
    pub(super) user_entry: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) server: String,
    pub(super) trust: Trust,
    pub(super) tls_server_name: Option<String>,
    pub(super) proxy: Option<String>,
    pub(super) credential: Credential,
    pub(super) impersonation: Option<Impersonation>,
    pub(super) request_timeout: Option<Duration>,
    pub(super) foreign: bool,
    pub(super) file_references: Vec<FileReference>,
}

/// The accepted certificate authorities.
#[derive(Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those of the authorities that this machine trusts.
    System,
    /// Those of the authorities in this PEM text, and no others.
    Authorities(Vec<u8>),
    /// Any (`insecure-skip-tls-verify`).
    Insecure,
}

/// The user to impersonate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impersonation {
    /// `--as`.
    pub user: String,
    /// `--as-group`.
    pub groups: Vec<String>,
    /// `--as-uid`.
    pub uid: Option<String>,
    /// `as-user-extra` of the kubeconfig, in the order of its keys.
    pub extra: Vec<(String, Vec<String>)>,
}

/// A field of a kubeconfig with a file or a command of the machine where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReference {
    /// The field, such as `certificate-authority`.
    pub field: &'static str,
    /// The file or command.
    pub path: PathBuf,
}

impl Target {
    /// Returns the context's name, or the label of a kubeconfig from elsewhere.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Returns its name for messages: `context east`, or the label of a kubeconfig from elsewhere.
    pub fn described(&self) -> String {
        if self.foreign {
            self.context.clone()
        } else {
            format!("context {}", self.context)
        }
    }

    /// Returns the kubectl flags for this context: `kubectl --context east`.
    ///
    /// For a kubeconfig from elsewhere only `kubectl`.
    pub fn kubectl(&self) -> &Kubectl {
        &self.kubectl
    }

    /// Returns the API server's URL as in the file.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns the server's address as it is compared with others, without user name and password.
    pub fn address(&self) -> Address {
        Address::new(&without_login(&self.server), self.tls_server_name())
    }

    /// Returns whether the connection uses TLS. Without TLS no credential is sent, as by kubectl and by istiod.
    pub fn is_tls(&self) -> bool {
        let scheme = self.server.split("://").next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("https")
    }

    /// Returns the namespace of the context.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Returns the name of the kubeconfig's cluster entry.
    pub fn cluster_entry(&self) -> &str {
        &self.cluster_entry
    }

    /// Returns the name of the kubeconfig's user entry.
    pub fn user_entry(&self) -> Option<&str> {
        self.user_entry.as_deref()
    }

    /// Returns the accepted certificate authorities.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Returns the name that the server's certificate must be valid for, if it is not the server's own.
    pub fn tls_server_name(&self) -> Option<&str> {
        self.tls_server_name.as_deref()
    }

    /// Returns the proxy's URL, if the kubeconfig sets one; it can contain a password.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Returns the credential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Returns the user to impersonate.
    pub fn impersonation(&self) -> Option<&Impersonation> {
        self.impersonation.as_ref()
    }

    /// Returns the requested timeout of each request; zero means no limit.
    pub fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout
    }

    /// Sets the timeout of each request.
    #[must_use]
    pub fn with_request_timeout(mut self, bound: Option<Duration>) -> Self {
        self.request_timeout = bound;
        self
    }

    /// Returns the same server with the same trust and with `token`: without the own credential and impersonation.
    #[must_use]
    pub fn with_token(mut self, token: SecretString) -> Self {
        self.credential = Credential::of_token(token);
        self.impersonation = None;
        self.user_entry = None;
        self
    }

    /// Returns the files and commands in a kubeconfig from elsewhere ([`Target::from_text`]).
    ///
    /// They belong to another machine: none is read or run, and a target with any cannot be connected to.
    pub fn file_references(&self) -> &[FileReference] {
        &self.file_references
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("context", &self.context)
            .field("server", &self.server)
            .field("trust", &self.trust)
            .field("tls_server_name", &self.tls_server_name)
            .field("proxied", &self.proxy.is_some())
            .field("credential", &self.credential)
            .field("impersonation", &self.impersonation)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Authorities(pem) => write!(f, "Authorities({} bytes)", pem.len()),
            Self::Insecure => f.write_str("Insecure"),
        }
    }
}
