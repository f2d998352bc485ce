//! Lists that are longer than what is read of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A list of which only the beginning was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutList {
    /// The resource with its group, as in `kubectl auth can-i`: `services`, `deployments.apps`.
    pub resource: String,
    /// The number of objects that were read.
    pub read: usize,
    /// The number of all objects, if the server told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<usize>,
}

impl fmt::Display for CutList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, read, of } = self;
        match of {
            Some(of) => write!(f, "the first {read} of {of} {resource}"),
            None => write!(f, "the first {read} {resource}"),
        }
    }
}
