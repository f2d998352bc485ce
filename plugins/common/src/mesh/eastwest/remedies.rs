//! Commands that mend a gateway, for pasting.

use super::{ClusterFacts, Gateway};
use crate::mesh::exposure::Revision;
use crate::mesh::names::{EAST_WEST_GATEWAY, ISTIO_SYSTEM, NETWORK_LABEL};
use crate::mesh::shell::shell_word;
use crate::mesh::whose::leads_to_own_pods;

/// Exposes the services of the cluster through the gateway, in the words that fit its pods, port, place and domain.
pub(super) fn expose_services(gateway: &Gateway, cluster: &ClusterFacts) -> String {
    let mut command = "kubectl mesh-eastwest expose services".to_owned();
    let mut flag = |flag: &str, value: &str| {
        command = format!("{command} {flag} {}", shell_word(value));
    };
    match gateway.sidecar_port() {
        Some(15443) | None => (),
        Some(port) => flag("--port", &port.to_string()),
    }
    if let Some(selector) = own_selector(gateway) {
        flag("--selector", &selector);
    }
    let domain = cluster.domain();
    if domain != "cluster.local" {
        flag("--cluster-domain", &domain);
    }
    applied(&command, gateway, cluster)
}

/// Exposes istiod through the gateway.
pub(super) fn expose_istiod(gateway: &Gateway, cluster: &ClusterFacts) -> String {
    let mut command = "kubectl mesh-eastwest expose istiod".to_owned();
    let revisions = cluster.revisions();
    let names: Vec<&str> = revisions.iter().map(Revision::word).collect();
    if names != ["default"] {
        command = format!("{command} --revision {}", shell_word(&names.join(",")));
    }
    if let Some(selector) = own_selector(gateway) {
        command = format!("{command} --selector {}", shell_word(&selector));
    }
    applied(&command, gateway, cluster)
}

/// Makes a gateway where there is none.
pub(super) fn generate(cluster: &ClusterFacts) -> String {
    let network = cluster.network().unwrap_or("NETWORK");
    let command = format!(
        "kubectl mesh-eastwest generate --network {}",
        shell_word(network)
    );
    let command = in_namespace(&command, &cluster.istio_namespace);
    format!("{command} | {} apply -f -", cluster.kubectl)
}

/// Makes a gateway of ambient mode as it should be.
pub(super) fn generate_ambient(gateway: &Gateway, cluster: &ClusterFacts) -> String {
    let network = gateway
        .network
        .as_deref()
        .or(cluster.network())
        .unwrap_or("NETWORK");
    let mut command = format!(
        "kubectl mesh-eastwest generate --ambient --network {}",
        shell_word(network)
    );
    if gateway.name != EAST_WEST_GATEWAY {
        command = format!("{command} --name {}", shell_word(&gateway.name));
    }
    if let Some(revision) = super::exposed::revision_of(gateway) {
        command = format!("{command} --revision {}", shell_word(revision));
    }
    let command = in_namespace(&command, &gateway.namespace);
    format!("{command} | {} apply -f -", cluster.kubectl)
}

/// Makes a gateway of a Service that lacks the label.
pub(super) fn label_network(gateway: &Gateway, cluster: &ClusterFacts) -> String {
    let network = cluster.network().unwrap_or("NETWORK");
    change_service(
        gateway,
        cluster,
        "label",
        &format!("{NETWORK_LABEL}={}", shell_word(network)),
    )
}

/// `kubectl label` or `kubectl annotate` for the gateway's Service; a step where no pods of this cluster are behind it, since
/// then it may describe what is elsewhere.
pub(super) fn change_service(
    gateway: &Gateway,
    cluster: &ClusterFacts,
    verb: &str,
    what: &str,
) -> String {
    let (kubectl, namespace) = (&cluster.kubectl, &gateway.namespace);
    let own = gateway
        .service
        .as_ref()
        .and_then(|service| service.metadata.name.as_deref());
    let name = own.unwrap_or(&gateway.name);
    if gateway
        .service
        .as_ref()
        .is_some_and(|service| !leads_to_own_pods(service))
    {
        return format!(
            "change service {namespace}/{name} by hand: no pods of this cluster are behind it, so look first at what it describes"
        );
    }
    format!("{kubectl} -n {namespace} {verb} service {name} {what}")
}

fn applied(command: &str, gateway: &Gateway, cluster: &ClusterFacts) -> String {
    let command = in_namespace(command, &gateway.namespace);
    format!("{command} | {} apply -f -", cluster.kubectl)
}

fn in_namespace(command: &str, namespace: &str) -> String {
    if namespace == ISTIO_SYSTEM {
        command.to_owned()
    } else {
        format!("{command} -n {}", shell_word(namespace))
    }
}

/// The labels by which the gateway's pods are known, where they are not those that everybody takes.
fn own_selector(gateway: &Gateway) -> Option<String> {
    let pods = gateway.backing.as_deref().unwrap_or_default();
    let usual = pods.iter().all(|pod| {
        let labels = pod.metadata.labels.as_ref();
        labels
            .and_then(|labels| labels.get("istio"))
            .map(String::as_str)
            == Some("eastwestgateway")
    });
    if usual {
        return None;
    }
    let spec = gateway.service.as_ref()?.spec.as_ref()?;
    let selector = spec.selector.as_ref()?.iter();
    let pairs: Vec<String> = selector
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join(","))
}
