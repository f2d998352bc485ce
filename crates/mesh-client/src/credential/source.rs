//! Credentials as the kubeconfig describes them; nothing is read or run yet.

use std::fmt;
use std::path::PathBuf;

use secrecy::{SecretSlice, SecretString};

use super::Preferences;

/// The credential in a kubeconfig's user entry. Its `Debug` shows only its kind.
#[derive(Clone)]
pub struct Credential {
    pub(crate) bearer: Bearer,
    pub(crate) certificate: Option<ClientCertificate>,
}

/// The authentication method of a user entry; if there are several, the one that takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// None.
    Anonymous,
    /// `token`.
    Token,
    /// `tokenFile`.
    TokenFile,
    /// `username` and `password`.
    Basic,
    /// `client-certificate` or its data.
    ClientCertificate,
    /// `exec`, a credential plugin.
    Exec,
    /// `auth-provider`.
    AuthProvider,
}

/// The source of the `Authorization` header.
#[derive(Clone)]
pub(crate) enum Bearer {
    None,
    Token(SecretString),
    /// The file takes precedence over the token beside it, if it can be read.
    TokenFile {
        path: PathBuf,
        otherwise: Option<SecretString>,
    },
    Basic {
        username: String,
        password: SecretString,
    },
    Exec(Box<ExecPlugin>),
    Provider(AuthProvider),
}

#[derive(Clone)]
pub(crate) struct ClientCertificate {
    pub(crate) certificate: Pem,
    pub(crate) key: Pem,
}

#[derive(Clone)]
pub(crate) enum Pem {
    Inline(SecretSlice<u8>),
    File(PathBuf),
}

/// A command that prints a credential.
///
/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>
#[derive(Clone)]
pub(crate) struct ExecPlugin {
    pub(crate) api_version: String,
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) install_hint: Option<String>,
    pub(crate) interactive: Interactive,
    /// The cluster information that it receives, if it asks for that.
    pub(crate) cluster_info: Option<serde_json::Value>,
    /// The preferences with the policy for plugins.
    pub(crate) preferences: Preferences,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interactive {
    Never,
    IfAvailable,
    Always,
}

/// A credential plugin of the legacy kind, before `exec`.
#[derive(Clone)]
pub(crate) struct AuthProvider {
    pub(crate) name: String,
    pub(crate) id_token: Option<SecretString>,
}

impl Credential {
    /// Returns a credential that is only a bearer token.
    pub(crate) fn of_token(token: SecretString) -> Self {
        Self {
            bearer: Bearer::Token(token),
            certificate: None,
        }
    }

    /// Returns the authentication method.
    pub fn kind(&self) -> CredentialKind {
        match &self.bearer {
            Bearer::None if self.certificate.is_some() => CredentialKind::ClientCertificate,
            Bearer::None => CredentialKind::Anonymous,
            Bearer::Token(_) => CredentialKind::Token,
            Bearer::TokenFile { .. } => CredentialKind::TokenFile,
            Bearer::Basic { .. } => CredentialKind::Basic,
            Bearer::Exec(_) => CredentialKind::Exec,
            Bearer::Provider(_) => CredentialKind::AuthProvider,
        }
    }

    /// Returns the token in the kubeconfig itself.
    pub fn token(&self) -> Option<&SecretString> {
        match &self.bearer {
            Bearer::Token(token) => Some(token),
            Bearer::TokenFile { otherwise, .. } => otherwise.as_ref(),
            Bearer::None | Bearer::Basic { .. } | Bearer::Exec(_) | Bearer::Provider(_) => None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({:?})", self.kind())
    }
}
