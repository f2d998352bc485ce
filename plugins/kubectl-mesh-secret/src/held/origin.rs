//! What is said of a secret that somebody else puts back. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::origin::keeper;
use mesh_common::model::remote_secret::own_name;

/// The warning before it is deleted, where it will not stay so.
pub(crate) fn comes_back(secret: &Secret, context: &str) -> Option<String> {
    let keeper = keeper(&secret.metadata, "Secret")?;
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let name = own_name(secret);
    Some(format!(
        "secret {namespace}/{name} in context {context} is kept by {keeper}, and comes back unless it is removed there"
    ))
}
