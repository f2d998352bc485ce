//! One cluster as a kubeconfig names it: where it is, whom to trust there, and who we are.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::Credential;
use mesh_model::command::Kubectl;

/// What is needed to reach one cluster: a kubeconfig of one entry, with its files found.
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

/// Whose certificates are accepted.
#[derive(Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those of the authorities that this machine trusts.
    System,
    /// Those of the authorities in this PEM text, and no others.
    Authorities(Vec<u8>),
    /// Any (`insecure-skip-tls-verify`).
    Insecure,
}

/// Whom to act as.
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

/// A field of a kubeconfig that names a file or a command of the machine where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReference {
    /// The field, such as `certificate-authority`.
    pub field: &'static str,
    /// What it names.
    pub path: PathBuf,
}

impl Target {
    /// The context's name, or the label that a kubeconfig from elsewhere was given.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// What messages call it: `context east`, or the label of a kubeconfig from elsewhere.
    pub fn described(&self) -> String {
        if self.foreign {
            self.context.clone()
        } else {
            format!("context {}", self.context)
        }
    }

    /// How kubectl is told about this context: `kubectl --context east`.
    ///
    /// For a kubeconfig from elsewhere it is `kubectl` alone.
    pub fn kubectl(&self) -> &Kubectl {
        &self.kubectl
    }

    /// The API server's URL as the file has it.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns whether the server is spoken to over TLS. Without it no credential is sent, as by kubectl and by istiod.
    pub fn is_tls(&self) -> bool {
        let scheme = self.server.split("://").next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("https")
    }

    /// The namespace that the context sets.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name of the kubeconfig's cluster entry.
    pub fn cluster_entry(&self) -> &str {
        &self.cluster_entry
    }

    /// The name of the kubeconfig's user entry.
    pub fn user_entry(&self) -> Option<&str> {
        self.user_entry.as_deref()
    }

    /// Whose certificates are accepted.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The name that the server's certificate must be valid for, where it is not the server's own.
    pub fn tls_server_name(&self) -> Option<&str> {
        self.tls_server_name.as_deref()
    }

    /// The proxy's URL, where the kubeconfig sets one; it can hold a password.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Who we are.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Whom we act as.
    pub fn impersonation(&self) -> Option<&Impersonation> {
        self.impersonation.as_ref()
    }

    /// The bound on each request that was asked for; zero means none at all.
    pub fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout
    }

    /// The same target with that bound on each request.
    #[must_use]
    pub fn with_request_timeout(mut self, bound: Option<Duration>) -> Self {
        self.request_timeout = bound;
        self
    }

    /// The same server with the same trust, as whoever `token` belongs to: without our own credential, and acting as nobody.
    #[must_use]
    pub fn with_token(mut self, token: SecretString) -> Self {
        self.credential = Credential::of_token(token);
        self.impersonation = None;
        self.user_entry = None;
        self
    }

    /// The files and commands that a kubeconfig from elsewhere ([`Target::from_text`]) refers to.
    ///
    /// They are of another machine: none is read or run, and connecting with any is refused.
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
