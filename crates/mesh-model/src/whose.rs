//! Tells gateways of the own cluster from Services and Gateways that describe a gateway of another cluster.
//!
//! An object that describes the gateway of another cluster has that cluster's network, so it proves nothing about its
//! own cluster, and no printed command may change it.

use k8s_openapi::api::core::v1::Service;

use super::names::NETWORK_LABEL;
use super::resources::ApiGateway;

/// The class of a Gateway that describes a gateway of another cluster; nothing is created for it. Source:
/// `RemoteGatewayClassName` in Istio's `pkg/config/constants`.
const REMOTE_CLASS: &str = "istio-remote";

/// Returns whether a Gateway of the Gateway API describes a gateway of another cluster.
pub fn is_remote_gateway(gateway: &ApiGateway) -> bool {
    gateway.spec.gateway_class_name == REMOTE_CLASS
}

/// Returns whether a Service describes a gateway of another cluster: no pod of this cluster is behind it, and it is not
/// on this cluster's own network. If that network is unknown, any Service without pods counts as another cluster's.
pub fn is_remote_service(service: &Service, own_network: Option<&str>) -> bool {
    if is_external_name(service) {
        return true;
    }
    let labels = service.metadata.labels.as_ref();
    let network = labels.and_then(|labels| labels.get(NETWORK_LABEL));
    let is_own = network.is_some() && network.map(String::as_str) == own_network;
    !has_selector(service) && !is_own
}

/// Returns whether a Service selects pods of its cluster. Printed commands change only such a Service.
pub fn selects_own_pods(service: &Service) -> bool {
    has_selector(service) && !is_external_name(service)
}

fn has_selector(service: &Service) -> bool {
    let spec = service.spec.as_ref();
    let selector = spec.and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|labels| !labels.is_empty())
}

fn is_external_name(service: &Service) -> bool {
    let spec = service.spec.as_ref();
    spec.and_then(|spec| spec.type_.as_deref()) == Some("ExternalName")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn service(network: Option<&str>, spec: &Value) -> Service {
        serde_json::from_value(json!({
            "metadata": {"name": "gateway", "labels": network.map(|network| json!({NETWORK_LABEL: network}))},
            "spec": spec}))
        .unwrap()
    }

    #[test]
    fn what_has_no_pods_here_and_another_network_is_another_clusters() {
        let own_pods = json!({"selector": {"istio": "eastwestgateway"}});
        let no_pods = json!({"type": "LoadBalancer", "externalIPs": ["192.0.2.1"]});
        let empty = json!({"selector": {}});
        let name = json!({"type": "ExternalName", "externalName": "gateway.east.example"});
        let name_and_pods = json!({"type": "ExternalName", "externalName": "gateway.east.example",
            "selector": {"istio": "eastwestgateway"}});
        for (network, spec, own, remote) in [
            (Some("net-a"), &own_pods, Some("net-b"), false),
            (None, &own_pods, None, false),
            (Some("net-a"), &no_pods, Some("net-b"), true),
            (Some("net-a"), &empty, Some("net-b"), true),
            (Some("net-b"), &no_pods, Some("net-b"), false),
            (Some("net-b"), &no_pods, None, true),
            (None, &no_pods, None, true),
            (None, &no_pods, Some("net-b"), true),
            (Some("net-a"), &name, Some("net-b"), true),
            (Some("net-b"), &name, Some("net-b"), true),
            (Some("net-a"), &name_and_pods, Some("net-b"), true),
        ] {
            let service = service(network, spec);
            assert_eq!(
                is_remote_service(&service, own),
                remote,
                "{network:?} {spec} in {own:?}"
            );
            assert!(!remote || !selects_own_pods(&service));
        }
    }

    #[test]
    fn a_gateway_is_another_clusters_by_its_class() {
        for (class, remote) in [
            ("istio-remote", true),
            ("istio-east-west", false),
            ("istio", false),
            ("", false),
        ] {
            let gateway = serde_json::from_value(
                json!({"metadata": {}, "spec": {"gatewayClassName": class}}),
            );
            assert_eq!(is_remote_gateway(&gateway.unwrap()), remote, "{class}");
        }
    }
}
