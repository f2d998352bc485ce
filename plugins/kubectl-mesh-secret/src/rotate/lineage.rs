//! A token's Secret in the cluster that issued it, and how far its replacement is.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::succession::successor;

/// A token's Secret, what follows it, and what else holds its token.
pub(super) struct Lineage {
    /// The number of the cluster that issued it.
    pub source: usize,
    pub namespace: String,
    pub account: String,
    /// The Secret that the old token ends with.
    pub old: Secret,
    /// The name of the Secret that the new token ends with.
    pub new_name: String,
    /// That Secret, where it was made already.
    pub new: Option<Secret>,
    /// The Secret of the usual name, where that is another one than `old`: `create` looks for a token there.
    pub usual: Option<Secret>,
}

impl Lineage {
    /// Name of the Secret that the old token ends with.
    pub(super) fn old_name(&self) -> &str {
        own_name(&self.old)
    }

    /// Whether an earlier run has begun to replace the token.
    pub(super) fn is_begun(&self) -> bool {
        successor(&self.old).is_some()
    }

    /// Whether both are about the same Secret.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let ends = |one: &Self| (one.source, one.namespace.clone(), one.old_name().to_owned());
        ends(self) == ends(other)
    }
}
