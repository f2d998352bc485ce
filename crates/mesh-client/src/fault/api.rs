//! What an API server answered instead of doing what was asked.

use mesh_model::Error;

/// What an API server, or what stands in its place, answered instead of doing it. The text is the cause that a
/// person reads: the server's own message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiFault {
    /// 401: the credential was not accepted.
    #[error("{message}")]
    Unauthenticated {
        /// What the server said.
        message: String,
    },
    /// 403: the credential was accepted, and may not do this.
    #[error("{message}")]
    Forbidden {
        /// What the server said.
        message: String,
        /// Who we are to the server, where it says so.
        user: Option<String>,
    },
    /// 404: there is no such object.
    #[error("{message}")]
    NotFound {
        /// What the server said.
        message: String,
    },
    /// 404: there is no such namespace.
    #[error("{message}")]
    NamespaceMissing {
        /// What the server said.
        message: String,
        /// The namespace.
        namespace: String,
    },
    /// 404: the server has no such kind.
    #[error("{message}")]
    KindUnknown {
        /// What the server said.
        message: String,
    },
    /// 409: the object is there already.
    #[error("{message}")]
    AlreadyExists {
        /// What the server said.
        message: String,
    },
    /// 409: another field manager owns what was applied.
    #[error("{message}")]
    FieldConflict {
        /// What the server said.
        message: String,
        /// Who owns which of the fields.
        owners: Vec<FieldOwner>,
    },
    /// 409: the object changed since it was read, or is not the one that was meant.
    #[error("{message}")]
    Changed {
        /// What the server said.
        message: String,
    },
    /// It is longer than what is read, or would take more memory than there is for it.
    #[error("the answer is longer than {mebibytes} MiB")]
    TooLong {
        /// The bound, in MiB.
        mebibytes: u64,
    },
    /// 410: what was read before is too old to go on from.
    #[error("{message}")]
    Expired {
        /// What the server said.
        message: String,
    },
    /// 400 and 422: the object is not valid.
    #[error("{message}")]
    Invalid {
        /// What the server said.
        message: String,
    },
    /// 429: the server wants fewer requests, and retrying did not help.
    #[error("{message}")]
    TooManyRequests {
        /// What the server said.
        message: String,
    },
    /// 502, 503, 504: nothing that can answer is behind the address, and retrying did not help.
    #[error("{message}")]
    Unavailable {
        /// What the server said.
        message: String,
    },
    /// 500: the server failed.
    #[error("{message}")]
    ServerFailed {
        /// What the server said.
        message: String,
    },
    /// Any other refusal.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        code: u16,
        /// What the server said.
        message: String,
    },
    /// Something that is not a Kubernetes API answered, such as a login page.
    #[error("it answered {answer}")]
    NotKubernetes {
        /// What it answered, without its text.
        answer: String,
    },
    /// A Kubernetes API answered, and the answer makes no sense.
    #[error("{reason}")]
    Unreadable {
        /// Where it stops to make sense, without its text.
        reason: String,
    },
}

/// A field manager, and those of its fields that were to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOwner {
    /// The manager, such as `kubectl-client-side-apply`.
    pub manager: String,
    /// The fields' paths, as the server writes them: `.data.east`.
    pub fields: Vec<String>,
}

/// The API server's answer, where that is what `error` is about.
pub fn api_fault(error: &Error) -> Option<&ApiFault> {
    std::error::Error::source(error)?.downcast_ref()
}
