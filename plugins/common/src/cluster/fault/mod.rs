//! What failures mean: every error of the libraries below becomes a sentence, a typed cause and a hint.

use super::Cluster;
use crate::mesh::Error;

/// What is done to a resource; the words are those of `kubectl auth can-i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Read one.
    Get,
    /// Read all.
    List,
    /// Follow changes.
    Watch,
    /// Make one.
    Create,
    /// Replace one.
    Update,
    /// Change or apply one.
    Patch,
    /// Remove one.
    Delete,
}

/// A request as a person would describe it; what its failure is explained by.
pub struct Attempt {
    cluster: Cluster,
    verb: Verb,
    resource: String,
    namespace: Option<String>,
    name: Option<String>,
}

/// Why no connection came about, or why it ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFault {
    /// The server's name does not resolve.
    #[error("the name {host} does not resolve")]
    UnknownHost {
        /// The name.
        host: String,
    },
}

/// What an API server answered instead of doing it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiFault {
    /// The object is there already.
    #[error("{message}")]
    AlreadyExists {
        /// What the server said.
        message: String,
    },
    /// Another field manager owns what was applied.
    #[error("{message}")]
    FieldConflict {
        /// What the server said.
        message: String,
        /// Who owns which fields.
        owners: Vec<FieldOwner>,
    },
}

/// A field manager and the fields that it owns and that were to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOwner {
    /// The manager, such as `kubectl-client-side-apply`.
    pub manager: String,
    /// The fields' paths, as the server writes them.
    pub fields: Vec<String>,
}

/// The connection's fault, where that is what `error` is about.
pub fn connect_fault(error: &Error) -> Option<&ConnectFault> {
    std::error::Error::source(error)?.downcast_ref()
}

/// The API server's answer, where that is what `error` is about.
pub fn api_fault(error: &Error) -> Option<&ApiFault> {
    std::error::Error::source(error)?.downcast_ref()
}

impl Attempt {
    pub(super) fn new(cluster: Cluster, verb: Verb, resource: String) -> Self {
        Self {
            cluster,
            verb,
            resource,
            namespace: None,
            name: None,
        }
    }

    /// The namespace that it is about.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The object that it is about.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What `error` means for a person.
    pub fn explain(&self, error: kube::Error) -> Error {
        let _ = (
            &self.cluster,
            self.verb,
            &self.resource,
            &self.namespace,
            &self.name,
            error,
        );
        Error::refused("not built yet")
    }
}
