//! The result of using a credential, as plain facts; `probe_checks` derives the findings.

use k8s_openapi::api::authorization::v1::ResourceRule;
use serde::{Deserialize, Serialize};

use super::meant_input::CredentialCheck;
use crate::read::Read;
use crate::required_rights::Required;
use crate::snapshot::ClusterSnapshot;

/// One credential that was used, with the clusters of the contexts that it may be for.
#[derive(Debug)]
pub struct Probe {
    /// The answers of the server.
    pub facts: ProbeFacts,
    /// The cluster of the context with the same server, or the reason why there is none; `None` if it was not looked
    /// for.
    pub remote: Option<Result<Box<ClusterSnapshot>, String>>,
    /// The cluster of the context with the name of the data key, if that is another one.
    pub called: Option<Result<Box<ClusterSnapshot>, String>>,
}

/// The stage that a credential reached, as plain data that a file can hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "result", content = "detail")]
pub enum ProbeFacts {
    /// It was not used, for this reason.
    NotUsed(String),
    /// No connection was established.
    Unconnected(Unconnected),
    /// A server answered.
    Connected(Box<Connected>),
}

/// A connection that was not established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unconnected {
    /// URL of the server, without user name and password.
    pub server: String,
    /// The kind of failure.
    pub failure: ConnectFailure,
    /// The failure in words.
    pub cause: String,
}

/// The failures to connect that have different fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConnectFailure {
    /// The server refused the client certificate, or the credential itself cannot be used.
    CredentialRefused,
    /// The server's certificate has expired.
    CertificateExpired,
    /// The server's certificate is not valid yet.
    CertificateNotYetValid,
    /// The server's certificate is one that Kubernetes' clients never accept.
    CertificateUnusable,
    /// The server's certificate is for other names: these.
    NameMismatch(Vec<String>),
    /// The server is not trusted, or does not use TLS.
    Untrusted,
    /// Nothing was reached from here.
    Unreachable,
}

/// The answers of a server to a credential.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// URL of the server, without user name and password.
    pub server: String,
    /// True if the connection used TLS; without TLS no credential is sent.
    pub is_tls: bool,
    /// The proxy of the environment that it was reached through, in words.
    pub proxy: Option<String>,
    /// The acceptance of the credential.
    pub acceptance: Acceptance,
    /// UID of the cluster that answered.
    pub uid: Read<Option<String>>,
    /// The required rights that the credential does not have.
    pub missing: Read<Vec<Required>>,
    /// Every rule that holds for it.
    pub granted: Read<Vec<ResourceRule>>,
}

/// The result of authenticating to an API server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Acceptance {
    /// The credential is accepted; with the user name, if the server returns it.
    Accepted(Option<String>),
    /// Unknown, for this reason.
    Unknown(String),
    /// The server is not a Kubernetes API server.
    NotKubernetes,
    /// The credential is refused, for this cause.
    Refused(String),
    /// The request failed.
    Failed {
        /// The failure.
        sentence: String,
        /// The innermost cause of it.
        cause: String,
        /// True if the server was reached and refused the connection or the request.
        is_refusal: bool,
    },
}

impl Acceptance {
    /// Returns the cause for which the server refuses the credential.
    pub(super) fn refused_by(&self) -> Option<&str> {
        match self {
            Self::Refused(cause) => Some(cause),
            Self::Accepted(_) | Self::Unknown(_) | Self::NotKubernetes | Self::Failed { .. } => {
                None
            }
        }
    }

    /// Returns whether the server accepts the credential, as far as is known.
    pub fn lets_in(&self) -> bool {
        matches!(self, Self::Accepted(_) | Self::Unknown(_))
    }
}

impl ConnectFailure {
    /// Returns whether the server was reached, and does not accept the credential or is not trusted. A server that is
    /// not reached from here may be reached by istiod.
    fn is_refusal(&self) -> bool {
        *self != Self::Unreachable
    }
}

impl ProbeFacts {
    /// Returns the result for checks across several secrets.
    pub fn check(&self) -> CredentialCheck {
        CredentialCheck {
            uid: self.uid().map(str::to_owned),
            works: self.works(),
        }
    }

    /// Returns the UID of the cluster that answered.
    pub fn uid(&self) -> Option<&str> {
        self.let_in()?.uid.seen()?.as_deref()
    }

    /// Returns the reason why the UID is unknown, if the server answered.
    pub fn uid_unread(&self) -> Option<&str> {
        match &self.let_in()?.uid {
            Read::Seen(Some(_)) => None,
            Read::Seen(None) => Some("namespace kube-system has no UID"),
            unread => unread.reason(),
        }
    }

    /// Returns the reason why the rights of the credential are not known, if the server accepts it.
    pub fn rights_unread(&self) -> Option<&str> {
        let connected = self.let_in()?;
        let missing = connected.missing.reason();
        missing.or_else(|| connected.granted.reason())
    }

    /// Returns the reason why it is not known whether the server accepts the credential, if it answered.
    pub fn acceptance_unread(&self) -> Option<&str> {
        match self {
            Self::Connected(connected) => match &connected.acceptance {
                Acceptance::Unknown(why) => Some(why),
                Acceptance::Accepted(_)
                | Acceptance::NotKubernetes
                | Acceptance::Refused(_)
                | Acceptance::Failed { .. } => None,
            },
            Self::NotUsed(_) | Self::Unconnected(_) => None,
        }
    }

    fn let_in(&self) -> Option<&Connected> {
        match self {
            Self::Connected(connected) => Some(connected).filter(|one| one.acceptance.lets_in()),
            Self::NotUsed(_) | Self::Unconnected(_) => None,
        }
        .map(AsRef::as_ref)
    }

    /// Returns whether the server accepts the credential, as far as that is known.
    pub(crate) fn works(&self) -> Option<bool> {
        match self {
            Self::Unconnected(unconnected) => unconnected.failure.is_refusal().then_some(false),
            Self::Connected(connected) if connected.is_tls => match &connected.acceptance {
                Acceptance::Accepted(_) | Acceptance::Unknown(_) => Some(true),
                Acceptance::NotKubernetes => None,
                Acceptance::Refused(_) => Some(false),
                Acceptance::Failed { is_refusal, .. } => is_refusal.then_some(false),
            },
            // Without TLS the credential is not sent, so nothing is known about it.
            Self::Connected(_) | Self::NotUsed(_) => None,
        }
    }
}
