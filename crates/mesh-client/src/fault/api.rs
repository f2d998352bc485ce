//! Error answers of an API server.

use mesh_model::Error;

/// An error answer of an API server, or of another server in its place. Its text is the cause that is printed: the
/// server's own message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiFault {
    /// 401: the credential was not accepted.
    #[error("{message}")]
    Unauthenticated {
        /// The server's message.
        message: String,
    },
    /// 403: the credential was accepted, but is not allowed to do this.
    #[error("{message}")]
    Forbidden {
        /// The server's message.
        message: String,
        /// The user name by which the server knows us, if the answer has it.
        user: Option<String>,
    },
    /// 404: there is no such object.
    #[error("{message}")]
    NotFound {
        /// The server's message.
        message: String,
    },
    /// 404: there is no such namespace.
    #[error("{message}")]
    NamespaceMissing {
        /// The server's message.
        message: String,
        /// The namespace.
        namespace: String,
    },
    /// 404: the server does not have the kind.
    #[error("{message}")]
    KindUnknown {
        /// The server's message.
        message: String,
    },
    /// 409: the object already exists.
    #[error("{message}")]
    AlreadyExists {
        /// The server's message.
        message: String,
    },
    /// 409: another field manager owns an applied field.
    #[error("{message}")]
    FieldConflict {
        /// The server's message.
        message: String,
        /// The owners of the fields.
        owners: Vec<FieldOwner>,
    },
    /// 409: the object changed since it was read, or is another one of that name.
    #[error("{message}")]
    Changed {
        /// The server's message.
        message: String,
    },
    /// The answer exceeds the limit of length or memory.
    #[error("the answer is longer than {mebibytes} MiB")]
    TooLong {
        /// The limit, in MiB.
        mebibytes: u64,
    },
    /// 410: the version to continue from is too old.
    #[error("{message}")]
    Expired {
        /// The server's message.
        message: String,
    },
    /// 400 and 422: the object is not valid.
    #[error("{message}")]
    Invalid {
        /// The server's message.
        message: String,
    },
    /// 429: the server limits the rate of requests, and retrying did not help.
    #[error("{message}")]
    TooManyRequests {
        /// The server's message.
        message: String,
    },
    /// 502, 503, 504: no server behind the address can answer, and retrying did not help.
    #[error("{message}")]
    Unavailable {
        /// The server's message.
        message: String,
    },
    /// 500: the server failed.
    #[error("{message}")]
    ServerFailed {
        /// The server's message.
        message: String,
    },
    /// Any other refusal.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        code: u16,
        /// The server's message.
        message: String,
    },
    /// A server that is not a Kubernetes API answered, for example with a login page.
    #[error("it answered {answer}")]
    NotKubernetes {
        /// The kind of the answer, without its text.
        answer: String,
    },
    /// A Kubernetes API answered, and the answer cannot be parsed.
    #[error("{reason}")]
    Unreadable {
        /// The parse error, without the text.
        reason: String,
    },
}

/// A field manager, with its fields that were to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOwner {
    /// The manager, such as `kubectl-client-side-apply`.
    pub manager: String,
    /// The fields' paths, as the server writes them: `.data.east`.
    pub fields: Vec<String>,
}

/// Returns the API server's answer, if it is the cause of `error`.
pub fn api_fault(error: &Error) -> Option<&ApiFault> {
    std::error::Error::source(error)?.downcast_ref()
}
