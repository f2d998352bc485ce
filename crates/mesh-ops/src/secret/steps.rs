//! What a person does about secrets that are in the way.

use k8s_openapi::api::core::v1::Secret;
use mesh_model::command::{Command, Kubectl, Remedy, named};
use mesh_model::origin::keeper;
use mesh_model::remote_secret::own_name;

/// Returns the warning before a secret is deleted, where another program will create it again.
pub(crate) fn comes_back(secret: &Secret, context: &str) -> Option<String> {
    let keeper = keeper(&secret.metadata, "Secret")?;
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let name = own_name(secret);
    Some(format!(
        "secret {namespace}/{name} in context {context} is kept by {keeper}, and comes back unless it is removed there"
    ))
}

/// Returns the command that deletes a secret by our own verb, which shows what it deletes and asks first.
pub(crate) fn delete(kubectl: &Kubectl, context: &str, namespace: &str, name: &str) -> Command {
    Command::new("kubectl mesh-secret delete")
        .arg(&format!("secret/{name}"))
        .kubeconfig_of(kubectl)
        .flag("--context", context)
        .istio_namespace(namespace)
}

/// Returns what removes the access under `key` of a secret: the whole Secret goes only where that is its only key.
pub(crate) fn take_away(
    (kubectl, context, namespace): (&Kubectl, &str, &str),
    secret: &str,
    key: &str,
    is_only_one: bool,
) -> Remedy {
    if is_only_one {
        return delete(kubectl, context, namespace, secret).into();
    }
    format!(
        "take key {} out of secret {} in context {}, which has others",
        named(key),
        named(secret),
        named(context)
    )
    .into()
}
