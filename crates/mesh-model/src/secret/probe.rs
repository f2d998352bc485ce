//! The result of using a credential, as plain facts; `probe_checks` makes findings of them.

use k8s_openapi::api::authorization::v1::ResourceRule;

use super::meant::CredentialCheck;
use crate::read::Read;
use crate::required_rights::Required;
use crate::snapshot::ClusterSnapshot;

/// One credential that was used, with the clusters of the contexts that it may be for.
#[derive(Debug)]
pub struct Probe {
    /// The answers of the server.
    pub facts: ProbeFacts,
    /// The cluster of the context with the same server, or why there is none; `None` where it was not looked for.
    pub remote: Option<Result<Box<ClusterSnapshot>, String>>,
    /// The cluster of the context that is called as the data key is, where that is another one.
    pub called: Option<Result<Box<ClusterSnapshot>, String>>,
}

/// The stage that a credential came to.
#[derive(Debug)]
pub enum ProbeFacts {
    /// It was not used, for this reason.
    NotUsed(String),
    /// No connection came about.
    Unconnected(Unconnected),
    /// A server answered.
    Connected(Box<Connected>),
}

/// A connection that did not come about.
#[derive(Debug)]
pub struct Unconnected {
    /// URL of the server, without user name and password.
    pub server: String,
    /// The sort of failure.
    pub failure: ConnectFailure,
    /// The failure in words.
    pub cause: String,
}

/// The failures to connect that have different fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The server refused the client certificate, or the credential itself cannot be used.
    CredentialRefused,
    /// The server's certificate has expired.
    CertificateExpired,
    /// The server's certificate is not valid yet.
    CertificateNotYetValid,
    /// The server's certificate is one that Kubernetes' clients do not accept from anybody.
    CertificateUnusable,
    /// The server's certificate is for other names: these.
    NameMismatch(Vec<String>),
    /// The server is not trusted, or does not speak TLS.
    Untrusted,
    /// Nothing was reached from here.
    Unreachable,
}

/// The answers of a server to a credential.
#[derive(Debug)]
pub struct Connected {
    /// URL of the server, without user name and password.
    pub server: String,
    /// True where it was spoken to by TLS; without it no credential is sent.
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

/// The acceptance of a credential by an API server.
#[derive(Debug)]
pub enum Acceptance {
    /// It does, and knows it by this user name, where it tells.
    Accepted(Option<String>),
    /// It did not say, for this reason.
    Unknown(String),
    /// The server is no API server of Kubernetes.
    NotKubernetes,
    /// It does not, for this cause.
    Refused(String),
    /// It could not be asked.
    Failed {
        /// The failure.
        sentence: String,
        /// The innermost cause of it.
        cause: String,
        /// True where the server was reached and refused us all the same.
        is_refusal: bool,
    },
}

impl Acceptance {
    /// Returns true where the server lets the credential in, as far as is known.
    pub fn lets_in(&self) -> bool {
        matches!(self, Self::Accepted(_) | Self::Unknown(_))
    }
}

impl ConnectFailure {
    /// Returns true where the server was reached, and does not take the credential or is not trusted. What is not reached from
    /// here may be reached by istiod.
    fn is_refusal(&self) -> bool {
        *self != Self::Unreachable
    }
}

impl ProbeFacts {
    /// Returns the result for what is judged together with other secrets.
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

    /// Returns why the UID is not known, where the server answered.
    pub fn uid_unread(&self) -> Option<&str> {
        match &self.let_in()?.uid {
            Read::Seen(Some(_)) => None,
            Read::Seen(None) => Some("namespace kube-system has no UID"),
            unread => unread.reason(),
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
    fn works(&self) -> Option<bool> {
        match self {
            Self::Unconnected(unconnected) => unconnected.failure.is_refusal().then_some(false),
            Self::Connected(connected) if connected.is_tls => match &connected.acceptance {
                Acceptance::Accepted(_) | Acceptance::Unknown(_) => Some(true),
                Acceptance::NotKubernetes => None,
                Acceptance::Refused(_) => Some(false),
                Acceptance::Failed { is_refusal, .. } => is_refusal.then_some(false),
            },
            // Without TLS nothing was proven of the credential, which is not sent then.
            Self::Connected(_) | Self::NotUsed(_) => None,
        }
    }
}
