//! The values with which Helm installs Istio's chart `gateway` as an east-west gateway: one model for the values file
//! and for the objects that the chart renders from it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{EastWestGateway, GatewayPort, ServiceType};
use crate::names::{GATEWAY_PORT_LABEL, NETWORK_LABEL, NETWORK_VIEW_VARIABLE};
use crate::network::NetworkName;

/// The values that differ from the chart's defaults.
///
/// The chart's `networkGateway` sets its own ports, and charts before 1.30 cannot change them; so with other ports the
/// label and the variable that `networkGateway` stands for are set separately.
pub(super) struct ChartValues<'a> {
    pub(super) gateway: &'a EastWestGateway,
    /// The network, if the ports are the default ones.
    pub(super) network_gateway: Option<&'a str>,
    /// The ports, if `network_gateway` does not set them.
    pub(super) ports: Option<Vec<&'a GatewayPort>>,
    /// Labels of every object, except `app` and `istio`.
    pub(super) labels: BTreeMap<&'static str, String>,
    /// Environment variables of the proxy.
    pub(super) env: BTreeMap<&'static str, &'a str>,
}

impl<'a> ChartValues<'a> {
    pub(super) fn of(gateway: &'a EastWestGateway) -> Self {
        let network = gateway.network.as_ref().map(NetworkName::as_str);
        let by_name = network.filter(|_| gateway.ports.are_usual());
        let one_by_one = network.filter(|_| by_name.is_none());
        let mut labels = BTreeMap::new();
        if let Some(port) = gateway.unusual_tls_port() {
            labels.insert(GATEWAY_PORT_LABEL, port.to_string());
        }
        if let Some(network) = one_by_one {
            labels.insert(NETWORK_LABEL, network.to_owned());
        }
        Self {
            gateway,
            network_gateway: by_name,
            ports: by_name.is_none().then(|| gateway.ports.iter().collect()),
            labels,
            env: one_by_one
                .map(|network| (NETWORK_VIEW_VARIABLE, network))
                .into_iter()
                .collect(),
        }
    }

    /// Returns the spec of the disruption budget, if the number of replicas is fixed and large enough for a disruption
    /// budget.
    pub(super) fn budget(&self) -> Option<Value> {
        let several = self.gateway.replicas.is_some_and(|replicas| replicas > 1);
        several.then(|| json!({"minAvailable": 1}))
    }
}

/// Returns the values file for Istio's chart `gateway`; the release may have any name, and its namespace is passed to
/// Helm.
///
/// Source: `values.yaml` of the chart.
pub fn helm_values(gateway: &EastWestGateway) -> Value {
    let values = ChartValues::of(gateway);
    let mut file = Map::new();
    file.insert("name".to_owned(), json!(gateway.name));
    if let Some(revision) = &gateway.revision {
        file.insert("revision".to_owned(), json!(revision));
    }
    if let Some(network) = values.network_gateway {
        file.insert("networkGateway".to_owned(), json!(network));
    }
    let mut labels: BTreeMap<&str, &str> = values
        .labels
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    // The chart derives this label from the name and does not quote it.
    if !is_text_in_yaml(gateway.istio_label()) {
        labels.insert("istio", gateway.istio_label());
    }
    insert_some(&mut file, "labels", json!(labels));
    insert_some(&mut file, "env", json!(values.env));
    insert_some(&mut file, "service", service(&values));
    if let Some(platform) = &gateway.platform {
        file.insert("platform".to_owned(), json!(platform));
    }
    for (field, value) in gateway.scheduling.fields() {
        file.insert(field.to_owned(), value);
    }
    if let Some(replicas) = gateway.replicas {
        file.insert("replicaCount".to_owned(), json!(replicas));
        file.insert("autoscaling".to_owned(), json!({"enabled": false}));
    }
    if let Some(budget) = values.budget() {
        file.insert("podDisruptionBudget".to_owned(), budget);
    }
    Value::Object(file)
}

fn service(values: &ChartValues<'_>) -> Value {
    let wanted = &values.gateway.service;
    let mut service = Map::new();
    match wanted.service_type {
        ServiceType::LoadBalancer => {}
        other @ (ServiceType::NodePort | ServiceType::ClusterIp) => {
            service.insert("type".to_owned(), json!(other.as_str()));
        }
    }
    if let Some(class) = &wanted.load_balancer_class {
        service.insert("loadBalancerClass".to_owned(), json!(class));
    }
    for (field, value) in wanted.common_fields() {
        service.insert(field.to_owned(), value);
    }
    insert_some(&mut service, "annotations", json!(wanted.annotations));
    insert_some(&mut service, "externalIPs", json!(wanted.external_ips()));
    if let Some(ports) = &values.ports {
        let ports: Vec<Value> = ports.iter().map(|port| port.with_protocol()).collect();
        service.insert("ports".to_owned(), json!(ports));
    }
    Value::Object(service)
}

fn insert_some(into: &mut Map<String, Value>, key: &str, value: Value) {
    let empty =
        value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if !empty {
        into.insert(key.to_owned(), value);
    }
}

/// Returns whether an unquoted word is a string in YAML 1.1, which Helm reads: `istio-1` is, `yes` and `1` are not.
pub fn is_text_in_yaml(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && !WORDS.contains(&text)
}
