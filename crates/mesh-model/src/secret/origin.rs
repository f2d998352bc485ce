//! The warning about a secret that another program will create again.

use crate::origin::keeper;
use crate::remote_secret::own_name;
use k8s_openapi::api::core::v1::Secret;

/// Returns the warning for a secret to delete, if another program will create it again.
pub fn comes_back(secret: &Secret, context: &str) -> Option<String> {
    let keeper = keeper(&secret.metadata, "Secret")?;
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let name = own_name(secret);
    Some(format!(
        "secret {namespace}/{name} in context {context} is managed by {keeper}, which creates it again unless it is removed there"
    ))
}
