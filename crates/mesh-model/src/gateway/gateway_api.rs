//! A gateway as a Gateway of the Gateway API, for which istiod creates a Deployment and a Service.

use serde_json::{Map, Value, json};

use super::ports::STATUS;
use super::{EastWestGateway, GatewayPort, ServiceType};
use crate::names::{GATEWAY_PORT_LABEL, NETWORK_LABEL, REVISION_LABEL, SERVICE_TYPE_ANNOTATION};

/// Returns the gateway of ambient mode: one listener that terminates the outer HBONE connection.
///
/// Source: <https://istio.io/latest/docs/ambient/install/multicluster/multi-primary_multi-network/>.
pub fn ambient(gateway: &EastWestGateway) -> Value {
    let listener = json!({
        "name": "mesh",
        "port": 15008,
        "protocol": "HBONE",
        "tls": {
            "mode": "Terminate",
            "options": {"gateway.istio.io/tls-terminate-mode": "ISTIO_MUTUAL"}
        }
    });
    object(gateway, labels(gateway), "istio-east-west", &[listener])
}

/// Returns the gateway of sidecar mode: a listener that forwards connections by their SNI, without a route. istiod adds
/// the health port 15021 by itself, and adds the class to the names of Deployment and Service.
///
/// Each port is a listener; all except `tls` forward nothing until a `TLSRoute` exists. [`super::Ports::network_only`]
/// has none of these.
///
/// Source: `IsAutoPassthrough` in Istio's `pilot/pkg/serviceregistry/kube/conversion.go`, and
/// `files/kube-gateway.yaml` of the chart istiod.
pub fn gateway_api(gateway: &EastWestGateway) -> Value {
    let mut labels = labels(gateway);
    if let Some(port) = gateway.unusual_tls_port() {
        labels.insert(GATEWAY_PORT_LABEL.to_owned(), json!(port.to_string()));
    }
    let listeners: Vec<Value> = gateway
        .ports
        .iter()
        .filter(|port| port.name != STATUS)
        .map(|port| listener(gateway, port))
        .collect();
    object(gateway, labels, "istio", &listeners)
}

fn listener(gateway: &EastWestGateway, port: &GatewayPort) -> Value {
    if port.name != "tls" {
        return json!({"name": port.name, "port": port.port, "protocol": "TLS", "tls": {"mode": "Passthrough"}});
    }
    json!({
        "name": port.name,
        // Hosts that are not Services of a cluster are not forwarded.
        "hostname": gateway.cluster_domain.service_hosts(),
        "port": port.port,
        "protocol": "TLS",
        "tls": {
            "mode": "Passthrough",
            "options": {"gateway.istio.io/listener-protocol": "auto-passthrough"},
        },
    })
}

fn labels(gateway: &EastWestGateway) -> Map<String, Value> {
    let mut labels = Map::new();
    if let Some(network) = &gateway.network {
        labels.insert(NETWORK_LABEL.to_owned(), json!(network.as_str()));
    }
    if let Some(revision) = &gateway.revision {
        labels.insert(REVISION_LABEL.to_owned(), json!(revision));
    }
    labels
}

fn object(
    gateway: &EastWestGateway,
    labels: Map<String, Value>,
    class: &str,
    listeners: &[Value],
) -> Value {
    let mut metadata = json!({"name": gateway.name, "namespace": gateway.namespace});
    if !labels.is_empty() {
        metadata["labels"] = Value::Object(labels);
    }
    match gateway.service.service_type {
        ServiceType::LoadBalancer => {}
        other @ (ServiceType::NodePort | ServiceType::ClusterIp) => {
            metadata["annotations"] = json!({SERVICE_TYPE_ANNOTATION: other.as_str()});
        }
    }
    let mut spec = json!({"gatewayClassName": class});
    if !gateway.service.annotations.is_empty() {
        spec["infrastructure"] = json!({"annotations": gateway.service.annotations});
    }
    // istiod requests it from the load balancer, as `loadBalancerIP` of the Service.
    if let Some(address) = gateway.service.load_balancer_ip {
        spec["addresses"] = json!([{"type": "IPAddress", "value": address.to_string()}]);
    }
    spec["listeners"] = json!(listeners);
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": metadata,
        "spec": spec,
    })
}
