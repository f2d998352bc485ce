//! References to objects, as kubectl prints them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A reference to an object of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Its kind as kubectl prints it: `secret`, `clusterrole.rbac.authorization.k8s.io`.
    pub kind: String,
    /// Its namespace, if the kind is namespaced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// Returns a reference without a namespace.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            namespace: None,
            name: name.into(),
        }
    }

    /// Sets the namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Returns a reference to the Secret `name` in a namespace.
    pub fn secret(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new("secret", name).within(namespace)
    }
}

/// `secret/istio-remote-secret-west`, as kubectl prints an object.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}
