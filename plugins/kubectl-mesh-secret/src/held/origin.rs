//! What is said of a secret that somebody else puts back. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::mesh::origin::keeper;

/// The warning before it is deleted, where it will not stay so.
pub(crate) fn comes_back(secret: &Secret, context: &str) -> Option<String> {
    let metadata = &secret.metadata;
    let keeper = keeper(metadata, "Secret")?;
    let (namespace, name) = (metadata.namespace.as_deref(), metadata.name.as_deref());
    Some(format!(
        "secret {}/{} in context {context} is kept by {keeper}, and comes back unless it is removed there",
        namespace.unwrap_or_default(),
        name.unwrap_or_default()
    ))
}
