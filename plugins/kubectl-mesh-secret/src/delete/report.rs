//! The words for what goes and for what went. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::remote_secret::own_name;

use super::args::OutputArg;

/// What is said before the question.
pub(super) fn goes(secret: &Secret, context: &str) -> String {
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let clusters: Vec<&str> = secret
        .data
        .iter()
        .flat_map(|data| data.keys().map(String::as_str))
        .collect();
    let clusters = if clusters.is_empty() {
        "no cluster".to_owned()
    } else {
        clusters.join(", ")
    };
    format!(
        "secret {namespace}/{} in context {context} leads to {clusters}",
        own_name(secret)
    )
}

/// The same for the Secret that a token lives with.
pub(super) fn ends_with(secret: &Secret, context: &str) -> String {
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    format!(
        "secret {namespace}/{} in context {context} is where their token lives, which ends with it",
        own_name(secret)
    )
}

/// The line of data for a Secret that was deleted.
pub(super) fn went(
    secret: &Secret,
    context: &str,
    suffix: &str,
    output: Option<OutputArg>,
) -> String {
    let name = own_name(secret);
    match output {
        Some(OutputArg::Name) => format!("secret/{name}\n"),
        None => format!("secret/{name} deleted in context {context}{suffix}\n"),
    }
}
