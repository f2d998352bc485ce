//! Commands that fix a gateway, to be pasted.

use super::{ClusterSnapshot, Gateway};
use crate::command::{Command, Remedy, suite};
use crate::exposure::{GatewaySelector, Revision};
use crate::names::{EAST_WEST_GATEWAY, NETWORK_LABEL};
use crate::services_port::SERVICES_PORT;
use crate::whose::selects_own_pods;

/// Exposes the services of the cluster through the gateway, with the flags for its pods, port, namespace and domain.
pub(super) fn expose_services(gateway: &Gateway, cluster: &ClusterSnapshot) -> Command {
    let port = gateway
        .sidecar_port()
        .filter(|port| *port != i32::from(SERVICES_PORT));
    let port = port.map(|port| port.to_string());
    let domain = cluster.domain();
    let command = suite::eastwest_expose_services()
        .flag_if("--port", port.as_deref())
        .flag_if("--selector", own_selector(gateway).as_deref())
        .flag_if(
            "--cluster-domain",
            Some(domain.as_str()).filter(|domain| *domain != "cluster.local"),
        );
    suite::applied(command, &gateway.namespace, &cluster.kubectl)
}

/// Exposes istiod through the gateway.
pub(super) fn expose_istiod(gateway: &Gateway, cluster: &ClusterSnapshot) -> Command {
    let revisions = cluster.revisions();
    let names: Vec<&str> = revisions.iter().map(Revision::word).collect();
    let names = (names != ["default"]).then(|| names.join(","));
    let command = suite::eastwest_expose_istiod()
        .flag_if("--revision", names.as_deref())
        .flag_if("--selector", own_selector(gateway).as_deref());
    suite::applied(command, &gateway.namespace, &cluster.kubectl)
}

/// Creates a gateway in a cluster that has none.
pub(super) fn generate(network: &str, cluster: &ClusterSnapshot) -> Command {
    let command = suite::eastwest_generate(network);
    suite::applied(command, &cluster.istio_namespace, &cluster.kubectl)
}

/// Creates a gateway of ambient mode, as it should be.
pub(super) fn generate_ambient(gateway: &Gateway, cluster: &ClusterSnapshot) -> Remedy {
    let Some(network) = gateway.network.as_deref().or(cluster.network()) else {
        return format!(
            "set the network of {} (kubectl mesh-label network), then create {} again (kubectl mesh-eastwest generate --ambient)",
            cluster.context,
            gateway.described()
        )
        .into();
    };
    let name = Some(gateway.name.as_str()).filter(|name| *name != EAST_WEST_GATEWAY);
    let command = suite::eastwest_generate_ambient(network)
        .flag_if("--name", name)
        .flag_if("--revision", super::exposed::revision_of(gateway));
    suite::applied(command, &gateway.namespace, &cluster.kubectl).into()
}

/// Adds the missing network label to a Service.
pub(super) fn label_network(gateway: &Gateway, cluster: &ClusterSnapshot) -> Remedy {
    let Some(network) = cluster.network() else {
        return format!(
            "where the mesh has several networks, name the one of {} (kubectl mesh-label network) and give {} the label {NETWORK_LABEL} with it",
            cluster.context,
            gateway.described()
        )
        .into();
    };
    change_service(gateway, cluster, "label", |label| {
        label.pair(NETWORK_LABEL, network)
    })
}

/// Returns `kubectl VERB service NAME` for the gateway's Service with more words; a step in words if no pods of this
/// cluster are behind it, because then the Service may describe a gateway elsewhere.
pub(super) fn change_service(
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
    verb: &'static str,
    more: impl FnOnce(Command) -> Command,
) -> Remedy {
    let is_elsewhere = |service| !selects_own_pods(service);
    if gateway.service.as_ref().is_some_and(is_elsewhere) {
        return format!(
            "change service {}/{} by hand: no pods of this cluster are behind it, so check first which gateway it describes",
            gateway.namespace,
            service_name(gateway)
        )
        .into();
    }
    more(on_service(gateway, cluster, verb)).into()
}

/// Returns `kubectl VERB service NAME` for the gateway's Service.
pub(super) fn on_service(
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
    verb: &'static str,
) -> Command {
    cluster
        .kubectl
        .in_namespace(&gateway.namespace)
        .words(verb)
        .words("service")
        .arg(service_name(gateway))
}

fn service_name(gateway: &Gateway) -> &str {
    let own = gateway
        .service
        .as_ref()
        .and_then(|service| service.metadata.name.as_deref());
    own.unwrap_or(&gateway.name)
}

/// Returns the labels of the gateway's pods, if they differ from the default selector.
fn own_selector(gateway: &Gateway) -> Option<String> {
    let pods = gateway.backing.items();
    let usual = GatewaySelector::default();
    let usual = pods
        .iter()
        .all(|pod| usual.selects(pod.metadata.labels.as_ref()));
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
