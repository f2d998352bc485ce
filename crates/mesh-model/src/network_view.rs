//! The networks that a gateway's proxies serve; it should be only their own.

use crate::change::ObjectRef;
use crate::command::{Kubectl, Remedy, named};
use crate::finding::{CheckId, Finding, Severity};
use crate::names::NETWORK_VIEW_VARIABLE;

/// Returns the finding about pods of a gateway that serve another network than their own, or all: they may forward a
/// request to another gateway, and get it back. `pod` is the first of them, and `workload` their owner.
pub(crate) fn finding(
    pod: &str,
    view: Option<&str>,
    network: Option<&str>,
    workload: Option<&ObjectRef>,
    kubectl: &Kubectl,
) -> Finding {
    let view = view.map_or("all networks".to_owned(), |view| format!("network {view}"));
    let instead = network.map_or("no network".to_owned(), |network| {
        format!("network {network} alone")
    });
    let message = format!("{pod} serves {view} instead of {instead}");
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
