//! The IstioOperator with which istioctl installs an east-west gateway, as Istio's own script prints it.

use serde_json::{Map, Value, json};

use super::{EastWestGateway, GatewayPort, ServiceType};
use crate::names::{
    EAST_WEST_GATEWAY, GATEWAY_PORT_LABEL, ISTIO_SYSTEM, NETWORK_LABEL, NETWORK_VIEW_VARIABLE,
};

/// Returns the IstioOperator, for `istioctl install -f -`.
///
/// Source: `samples/multicluster/gen-eastwest-gateway.sh` of Istio; with only network and revision set it is the same
/// object. Other settings go into `k8s` or, if that has no field for them, into values and overlays.
pub fn iop(gateway: &EastWestGateway) -> Value {
    json!({
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {"name": operator_name(gateway)},
        "spec": {
            "revision": gateway.revision.as_deref().unwrap_or_default(),
            "profile": "empty",
            "components": {"ingressGateways": [component(gateway)]},
            "values": values(gateway),
        },
    })
}

/// Returns the name of the IstioOperator. istioctl removes the objects that an IstioOperator of the same name installed
/// before, so two gateways need two names.
fn operator_name(gateway: &EastWestGateway) -> &str {
    if gateway.name == EAST_WEST_GATEWAY {
        "eastwest"
    } else {
        &gateway.name
    }
}

fn component(gateway: &EastWestGateway) -> Value {
    let mut labels = json!({"istio": gateway.istio_label(), "app": gateway.name});
    if let Some(network) = &gateway.network {
        labels[NETWORK_LABEL] = json!(network.as_str());
    }
    json!({"name": gateway.name, "label": labels, "enabled": true, "k8s": k8s(gateway)})
}

fn k8s(gateway: &EastWestGateway) -> Value {
    let mut k8s = Map::new();
    if let Some(network) = &gateway.network {
        let view = json!([{"name": NETWORK_VIEW_VARIABLE, "value": network.as_str()}]);
        k8s.insert("env".to_owned(), view);
    }
    if let Some(replicas) = gateway.replicas {
        k8s.insert("replicaCount".to_owned(), json!(replicas));
    }
    if !gateway.service.annotations.is_empty() {
        k8s.insert(
            "serviceAnnotations".to_owned(),
            json!(gateway.service.annotations),
        );
    }
    for (field, value) in gateway.scheduling.fields() {
        k8s.insert(field.to_owned(), value);
    }
    k8s.insert("service".to_owned(), service(gateway));
    if let Some(port) = gateway.unusual_tls_port() {
        k8s.insert("overlays".to_owned(), json!([port_label(gateway, port)]));
    }
    Value::Object(k8s)
}

fn service(gateway: &EastWestGateway) -> Value {
    let mut service = Map::new();
    match gateway.service.service_type {
        ServiceType::LoadBalancer => {}
        other @ (ServiceType::NodePort | ServiceType::ClusterIp) => {
            service.insert("type".to_owned(), json!(other.as_str()));
        }
    }
    if let Some(class) = &gateway.service.load_balancer_class {
        service.insert("loadBalancerClass".to_owned(), json!(class));
    }
    for (field, value) in gateway.service.common_fields() {
        service.insert(field.to_owned(), value);
    }
    if !gateway.service.external_ips.is_empty() {
        service.insert(
            "externalIPs".to_owned(),
            json!(gateway.service.external_ips()),
        );
    }
    let ports: Vec<Value> = gateway.ports.iter().map(GatewayPort::in_service).collect();
    service.insert("ports".to_owned(), json!(ports));
    Value::Object(service)
}

/// Returns the label that sets another port than 15443, on the Service alone: as a label of the component it would
/// become part of the Deployment's selector, which is immutable.
fn port_label(gateway: &EastWestGateway, port: u16) -> Value {
    let path = format!("metadata.labels.{}", GATEWAY_PORT_LABEL.replace('.', "\\."));
    json!({
        "kind": "Service",
        "name": gateway.name,
        "patches": [{"path": path, "value": port.to_string()}],
    })
}

fn values(gateway: &EastWestGateway) -> Value {
    let mut component = json!({"injectionTemplate": "gateway"});
    if gateway.replicas.is_some() {
        component["autoscaleEnabled"] = json!(false);
    }
    let mut global = Map::new();
    if let Some(network) = &gateway.network {
        global.insert("network".to_owned(), json!(network.as_str()));
    }
    if let Some(platform) = &gateway.platform {
        global.insert("platform".to_owned(), json!(platform));
    }
    // istioctl installs into the namespace that it assumes for the control plane.
    if gateway.namespace != ISTIO_SYSTEM {
        global.insert("istioNamespace".to_owned(), json!(gateway.namespace));
    }
    let mut values = json!({"gateways": {"istio-ingressgateway": component}});
    if !global.is_empty() {
        values["global"] = Value::Object(global);
    }
    values
}
