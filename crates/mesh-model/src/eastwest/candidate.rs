//! Services that a gateway can be tested with: it presents no certificate of its own, so a workload behind it has to
//! answer.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use super::gateway::{is_ready, key};
use crate::names::TLS_MODE_LABEL;
use crate::resources::Pod;

/// The number of services to test with: a single broken service must not look like a broken gateway.
const ENOUGH: usize = 3;

/// A service to test with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Its host name, such as `hello.default.svc.cluster.local`.
    pub host: String,
    /// Its port.
    pub port: i32,
    /// Its namespace.
    #[serde(skip)]
    pub namespace: String,
    /// Labels of a pod behind it.
    #[serde(skip)]
    pub pod_labels: BTreeMap<String, String>,
    /// The target port of the pods, if it is a number.
    #[serde(skip)]
    pub target_port: Option<i32>,
}

/// Returns the first services whose host is accepted, with a ready pod that accepts mutual TLS. Headless services
/// cannot be tested.
///
/// Source: the endpoints that Istio's `pilot/pkg/xds/endpoints` keeps for an `AUTO_PASSTHROUGH` listener.
pub fn candidates(
    pods: &[Pod],
    services: &[Service],
    domain: &str,
    is_taken: impl Fn(&str) -> bool,
) -> Vec<Candidate> {
    let mut services: Vec<&Service> = services.iter().collect();
    services.sort_by_key(|service| key(service));
    services.dedup_by_key(|service| key(service));
    let found = services
        .iter()
        .filter_map(|service| candidate(service, pods, domain));
    found
        .filter(|one| is_taken(&one.host))
        .take(ENOUGH)
        .collect()
}

fn candidate(service: &Service, pods: &[Pod], domain: &str) -> Option<Candidate> {
    let (namespace, name) = key(service);
    let spec = service.spec.as_ref()?;
    let selector = spec
        .selector
        .as_ref()
        .filter(|selector| !selector.is_empty())?;
    let addressed =
        spec.cluster_ip.as_deref() != Some("None") && spec.type_.as_deref() != Some("ExternalName");
    let ports = spec.ports.as_ref()?;
    let port = ports
        .iter()
        .find(|port| port.protocol.as_deref().is_none_or(|name| name == "TCP"))?;
    let labels = pods.iter().find_map(|pod| {
        let labels = pod.metadata.labels.as_ref()?;
        let takes_tls = labels
            .get(TLS_MODE_LABEL)
            .is_some_and(|mode| mode == "istio");
        let selected = selector
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value));
        let here = pod.metadata.namespace.as_deref() == Some(namespace.as_str());
        (here && takes_tls && selected && is_ready(pod)).then_some(labels)
    })?;
    addressed.then(|| Candidate {
        host: format!("{name}.{namespace}.svc.{domain}"),
        port: port.port,
        pod_labels: labels.clone(),
        target_port: match &port.target_port {
            None => Some(port.port),
            Some(IntOrString::Int(port)) => Some(*port),
            Some(IntOrString::String(_)) => None,
        },
        namespace,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(app: &str, mode: &str, ready: &str) -> Value {
        json!({"metadata": {"namespace": "shop", "name": app, "labels": {"app": app, TLS_MODE_LABEL: mode}},
            "status": {"conditions": [{"type": "Ready", "status": ready}]}})
    }

    fn service(name: &str, more: &Value) -> Value {
        let mut spec = json!({"selector": {"app": name}, "clusterIP": "10.0.0.1", "ports": [{"port": 53, "protocol": "UDP"}, {"port": 80}]});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        json!({"metadata": {"namespace": "shop", "name": name}, "spec": spec})
    }

    fn hosts(pods: &Value, services: &Value) -> Vec<String> {
        let pods: Vec<Pod> = serde_json::from_value(pods.clone()).unwrap();
        let services: Vec<Service> = serde_json::from_value(services.clone()).unwrap();
        let found = candidates(&pods, &services, "cluster.local", |host| {
            !host.starts_with("hidden")
        });
        found
            .iter()
            .map(|one| format!("{}:{}", one.host, one.port))
            .collect()
    }

    #[test]
    fn a_service_with_a_ready_pod_that_takes_mutual_tls_can_be_asked_for() {
        let pods = json!([
            pod("a", "istio", "True"),
            pod("b", "disabled", "True"),
            pod("c", "istio", "False"),
            pod("d", "istio", "True"),
            pod("e", "istio", "True")
        ]);
        let services = json!([
            service("b", &json!({})),
            service("c", &json!({})),
            service("d", &json!({"clusterIP": "None"})),
            service("e", &json!({"selector": {}})),
            service("x", &json!({})),
            service("hidden", &json!({"selector": {"app": "a"}})),
            service("a", &json!({})),
            service("a", &json!({})),
        ]);
        assert_eq!(hosts(&pods, &services), ["a.shop.svc.cluster.local:80"]);
    }

    #[test]
    fn three_are_enough() {
        let all = ["a", "b", "c", "d"];
        let pods = all.map(|name| pod(name, "istio", "True"));
        let services = all.map(|name| service(name, &json!({})));
        assert_eq!(hosts(&json!(pods), &json!(services)).len(), 3);
    }
}
