//! Commands that fix a gateway, to be pasted.

use super::exposed::exposes_services;
use super::{ClusterSnapshot, Gateway};
use crate::command::{Command, Remedy, named, suite};
use crate::exposure::{GatewaySelector, Revision, SERVICES_GATEWAY};
use crate::istiod::scopes_gateways;
use crate::names::{CLUSTER_DOMAIN, EAST_WEST_GATEWAY, NETWORK_LABEL};
use crate::services_port::SERVICES_PORT;
use crate::whose::selects_own_pods;

/// Exposes the services of the cluster through the gateway, with the flags for its pods, port, namespace and domain. `config` is
/// the cluster whose objects configure the gateway, where the one for another gateway is not to be replaced.
pub(super) fn expose_services(
    gateway: &Gateway,
    cluster: &ClusterSnapshot,
    config: &ClusterSnapshot,
) -> Remedy {
    let is_remote = config.context != cluster.context;
    if config.is_without_istiod() || (is_remote && is_taken(gateway, config)) {
        return by_another_gateway(gateway, is_remote.then_some(&*config.context)).into();
    }
    let port = gateway
        .sidecar_port()
        .filter(|port| *port != i32::from(SERVICES_PORT));
    let port = port.map(|port| port.to_string());
    let domain = config.domain();
    let command = suite::eastwest_expose_services()
        .flag_if("--port", port.as_deref())
        .flag_if("--selector", own_selector(gateway).as_deref())
        .flag_if(
            "--cluster-domain",
            Some(domain.as_str()).filter(|domain| *domain != CLUSTER_DOMAIN),
        );
    let namespace = if is_remote {
        namespace_in(gateway, config)
    } else {
        &gateway.namespace
    };
    suite::applied(command, namespace, &config.kubectl).into()
}

/// Returns the namespace for the objects of a gateway of another cluster.
fn namespace_in<'a>(gateway: &'a Gateway, config: &'a ClusterSnapshot) -> &'a str {
    if config.istiods.items().iter().any(scopes_gateways) {
        &gateway.namespace
    } else {
        &config.istio_namespace
    }
}

/// Returns whether there is a Gateway of the name that the printed command creates.
fn is_taken(gateway: &Gateway, config: &ClusterSnapshot) -> bool {
    let namespace = namespace_in(gateway, config);
    let mut metas = config
        .istio_gateways
        .items()
        .iter()
        .map(|one| &one.metadata);
    metas.any(|meta| {
        let place = (meta.namespace.as_deref(), meta.name.as_deref());
        place == (Some(namespace), Some(SERVICES_GATEWAY))
    })
}

fn by_another_gateway(gateway: &Gateway, context: Option<&str>) -> String {
    let place = context.map_or_else(
        || "the cluster whose istiod manages this one".to_owned(),
        |context| format!("context {context}"),
    );
    let selector = own_selector(gateway).unwrap_or_else(|| GatewaySelector::default().to_string());
    let port = gateway.sidecar_port().unwrap_or(i32::from(SERVICES_PORT));
    format!(
        "have a Gateway in {place} select the pods of this gateway too ({}), with tls.mode AUTO_PASSTHROUGH at port {port} for the hosts of the services",
        named(&selector)
    )
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

/// Creates a gateway in a cluster that has none, and exposes the services through it unless some Gateway does that already.
pub(super) fn generate(network: &str, cluster: &ClusterSnapshot) -> Command {
    let applied = |command| suite::applied(command, &cluster.istio_namespace, &cluster.kubectl);
    let gateway = applied(suite::eastwest_generate(network));
    // A cluster without an istiod has the Gateways of the one that manages it.
    if !cluster.has_istiod() || exposes_services(cluster) {
        return gateway;
    }
    let domain = cluster.domain();
    let services = suite::eastwest_expose_services().flag_if(
        "--cluster-domain",
        Some(domain.as_str()).filter(|domain| *domain != CLUSTER_DOMAIN),
    );
    gateway.then(applied(services))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::super::{Exposure, check, config_clusters};
    use super::*;
    use crate::finding::CheckId;
    use crate::names::CONTROL_PLANE_ANNOTATION;
    use crate::read::Read;
    use crate::verify::samples;

    fn east(gateways: &[Value]) -> ClusterSnapshot {
        let gateways = gateways.iter().cloned().map(from_value);
        let gateways: Result<Vec<_>, _> = gateways.collect();
        ClusterSnapshot {
            istio_namespace: "istio-system".to_owned(),
            istio_gateways: Read::Seen(gateways.expect("they are Gateways")),
            ..samples::cluster("east", vec![samples::istiod(Some("east"), "1.31.0")])
        }
    }

    /// A remote cluster that the istiod of east manages, with a gateway whose pods have this label.
    fn west(label: &str) -> ClusterSnapshot {
        let namespace = json!({"metadata": {"name": "istio-system", "annotations": {CONTROL_PLANE_ANNOTATION: "east"}}});
        let labels = json!({"topology.istio.io/network": "net-b"});
        let service = json!({"metadata": {"name": "gw", "namespace": "gateways", "labels": labels},
            "spec": {"selector": {"istio": label}, "ports": [{"port": 15443}]}});
        let pod = json!({"metadata": {"name": "gw-1", "namespace": "gateways", "labels": {"istio": label}}});
        let key = ("gateways".to_owned(), "gw".to_owned());
        let pods = vec![from_value(pod).expect("it is a Pod")];
        ClusterSnapshot {
            istio_namespace: "istio-system".to_owned(),
            namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            pods: [(key, Read::Seen(pods))].into(),
            ..samples::cluster("west", Vec::new())
        }
    }

    #[test]
    fn the_gateway_of_a_remote_cluster_is_configured_where_its_istiod_is() {
        let selects = |label: &str| {
            json!({"metadata": {"name": "cross-network-gateway", "namespace": "istio-system"},
            "spec": {"selector": {"istio": label}, "servers": [{"port": {"number": 15443},
                "tls": {"mode": "AUTO_PASSTHROUGH"}, "hosts": ["*.local"]}]}})
        };
        let west = west("west-gateway");
        let gateways = Gateway::all(&west);
        let told = |east: ClusterSnapshot| {
            let all = [east, west.clone()];
            let configured = config_clusters(&west, &all);
            let exposure = Exposure::of(&gateways[0], &west, &configured);
            let found = check(&gateways[0], &exposure, &west).into_iter();
            let mut found = found.filter(|one| {
                let checks = [CheckId::EwgExposeMissing, CheckId::EwgExposeSelector];
                checks.contains(&one.id)
            });
            let one = found.next()?;
            Some((one.message, one.fix.map(|fix| fix.to_string())?))
        };
        assert_eq!(told(east(&[selects("west-gateway")])), None);
        let place = "(its Gateways are those of context east, whose istiod manages it)";
        let (message, fix) = told(east(&[])).expect("it is found");
        assert_eq!(
            message,
            format!(
                "port 15443 of the gateway forwards no traffic: no Gateway exposes services there {place}"
            )
        );
        assert_eq!(
            fix,
            "kubectl mesh-eastwest expose services --selector istio=west-gateway | kubectl --context east apply -f -"
        );
        // The Gateway of the printed command exists, for the gateway of east.
        let (message, fix) = told(east(&[selects("eastwestgateway")])).expect("it is found");
        assert!(message.ends_with(place), "{message}");
        assert_eq!(
            fix,
            "have a Gateway in context east select the pods of this gateway too (istio=west-gateway), with tls.mode AUTO_PASSTHROUGH at port 15443 for the hosts of the services"
        );
    }
}
