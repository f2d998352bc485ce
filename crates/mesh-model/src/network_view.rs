//! The networks that a gateway's proxies serve; it should be only their own.

use k8s_openapi::api::core::v1::Pod;

use crate::change::ObjectRef;
use crate::command::{Kubectl, Remedy, named};
use crate::container_env::value;
use crate::finding::{CheckId, Finding, Severity};
use crate::names::NETWORK_VIEW_VARIABLE;

/// Returns the only network that the proxy of a pod serves; `None` if it serves all.
pub(crate) fn of_pod(pod: &Pod) -> Option<&str> {
    let spec = pod.spec.as_ref()?;
    value(&spec.containers, NETWORK_VIEW_VARIABLE)
}

/// Returns the finding about a gateway whose pods serve another network than their own, or all: it may forward a
/// request to another gateway, and get it back. `who` begins the sentence and ends with `serve` or `serves`; `workload`
/// is the owner of the pods.
pub(crate) fn finding(
    who: &str,
    view: Option<&str>,
    network: Option<&str>,
    workload: Option<&ObjectRef>,
    kubectl: &Kubectl,
) -> Finding {
    let view = view.map_or("all networks".to_owned(), |view| format!("network {view}"));
    let instead = network.map_or("no network".to_owned(), |network| {
        format!("network {network} alone")
    });
    let message = format!("{who} {view} instead of {instead}");
    let finding = Finding::new(CheckId::EwgNetworkView, Severity::Warning, message);
    match network {
        None => finding,
        Some(network) => finding.fix(set(network, workload, kubectl)),
    }
}

fn set(network: &str, workload: Option<&ObjectRef>, kubectl: &Kubectl) -> Remedy {
    let Some(workload) = workload else {
        return format!(
            "set the environment variable {NETWORK_VIEW_VARIABLE}={} in the Deployment of these pods",
            named(network)
        )
        .into();
    };
    let namespace = workload.namespace.as_deref().unwrap_or_default();
    kubectl
        .in_namespace(namespace)
        .words("set env")
        .arg(&workload.kind)
        .arg(&workload.name)
        .pair(NETWORK_VIEW_VARIABLE, network)
        .into()
}
