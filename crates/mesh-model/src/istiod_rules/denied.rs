//! `sanitizeKubeConfig` of Istio's `pkg/kube/util.go`, with an empty allow list.

use super::Refusal;
use crate::kubeconfig::Entry;

/// # Errors
/// The authentication method that is denied.
pub(super) fn check(user: &Entry) -> Result<(), Refusal> {
    let provider = user.value("auth-provider");
    let name = provider["name"].as_str().unwrap_or_default();
    // An empty allow list contains the empty name.
    if !provider.is_null() && !["", "oidc"].contains(&name) {
        return Err(Refusal::Denied(format!("auth-provider {name:?}")));
    }
    for key in ["client-key", "client-certificate", "tokenFile"] {
        if user.has(key) {
            return Err(Refusal::Denied(format!(
                "{key}, a file on istiod's own disk"
            )));
        }
    }
    if !user.value("exec").is_null() {
        return Err(Refusal::Denied(
            "exec, a program in istiod's own container".to_owned(),
        ));
    }
    Ok(())
}
