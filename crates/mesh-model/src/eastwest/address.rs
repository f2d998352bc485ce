//! The addresses of a gateway, by the rules by which an istiod of another cluster finds them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::Service;
use serde::Serialize;

use crate::names::NODE_SELECTOR_ANNOTATION;
use crate::resources::{ApiGateway, Node};

/// The kind of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AddressKind {
    /// An address of the load balancer.
    Ip,
    /// A host name of the load balancer.
    Hostname,
    /// One of the Service's `externalIPs`.
    ExternalIp,
    /// The address of a node.
    NodePort,
}

/// One address of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: AddressKind,
    /// The IP address or host name.
    pub value: String,
    /// The IP addresses that it resolves to on this machine.
    pub resolved: Vec<IpAddr>,
    /// For the address of a node: its node port for each port of the Service.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_ports: BTreeMap<i32, i32>,
}

impl AddressKind {
    /// Returns its name in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ip => "load balancer",
            Self::Hostname => "load balancer's name",
            Self::ExternalIp => "external IP",
            Self::NodePort => "node",
        }
    }
}

impl Address {
    fn new(kind: AddressKind, value: &str) -> Self {
        Self {
            kind,
            value: value.to_owned(),
            resolved: value.parse().into_iter().collect(),
            node_ports: BTreeMap::new(),
        }
    }

    /// Returns the port to connect to for a port of the Service; `None` if a node has no node port for it.
    pub fn port(&self, of_service: i32) -> Option<i32> {
        match self.kind {
            AddressKind::Ip | AddressKind::Hostname | AddressKind::ExternalIp => Some(of_service),
            AddressKind::NodePort => self.node_ports.get(&of_service).copied(),
        }
    }

    /// Returns the addresses of a Service, in the order of the object.
    ///
    /// Source: `ConvertService` in Istio's `pilot/pkg/serviceregistry/kube/conversion.go`; the nodes of a `NodePort` by
    /// `onNodeEvent` in its `controller/controller.go`.
    pub fn of_service(service: &Service, nodes: &[Node]) -> Vec<Self> {
        let spec = service.spec.clone().unwrap_or_default();
        let mut addresses = match spec.type_.as_deref() {
            Some("LoadBalancer") => of_load_balancer(service),
            Some("NodePort") => of_nodes(service, nodes),
            Some(_) | None => Vec::new(),
        };
        let external = spec.external_ips.iter().flatten();
        addresses.extend(external.map(|ip| Self::new(AddressKind::ExternalIp, ip)));
        addresses
    }

    /// Returns the addresses in the status of a Gateway of the Gateway API.
    pub fn of_api_gateway(gateway: &ApiGateway) -> Vec<Self> {
        let addresses = gateway.status.addresses.iter();
        let address = addresses.map(|address| {
            let kind = match address.kind.as_deref() {
                Some("Hostname") => AddressKind::Hostname,
                Some(_) | None => AddressKind::Ip,
            };
            Self::new(kind, &address.value)
        });
        address.collect()
    }
}

fn of_load_balancer(service: &Service) -> Vec<Address> {
    let status = service.status.as_ref();
    let balancer = status.and_then(|status| status.load_balancer.as_ref());
    let ingress = balancer
        .and_then(|balancer| balancer.ingress.as_ref())
        .into_iter();
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    ingress
        .flatten()
        .filter_map(|one| match (given(&one.ip), given(&one.hostname)) {
            (Some(ip), _) => Some(Address::new(AddressKind::Ip, &ip)),
            (None, Some(name)) => Some(Address::new(AddressKind::Hostname, &name)),
            (None, None) => None,
        })
        .collect()
}

fn of_nodes(service: &Service, nodes: &[Node]) -> Vec<Address> {
    let Some(Ok(wanted)) = node_selector(service) else {
        return Vec::new();
    };
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter());
    let node_ports: BTreeMap<i32, i32> = ports
        .flatten()
        .filter_map(|port| Some((port.port, port.node_port?)))
        .collect();
    let chosen = nodes.iter().filter(|node| {
        let labels = node.metadata.labels.clone().unwrap_or_default();
        wanted.iter().all(|pair| labels.get(pair.0) == Some(pair.1))
    });
    let external = chosen.filter_map(|node| {
        let mut external = node.addresses_of(&["ExternalIP"]);
        external.find(|address| !address.is_empty())
    });
    external
        .map(|address| Address {
            node_ports: node_ports.clone(),
            ..Address::new(AddressKind::NodePort, address)
        })
        .collect()
}

/// Returns the labels of the nodes whose addresses a `NodePort` Service has; `None` without the annotation, and an
/// error if its value is not a map.
pub(super) fn node_selector(service: &Service) -> Option<Result<BTreeMap<String, String>, ()>> {
    let annotations = service.metadata.annotations.as_ref()?;
    let text = annotations.get(NODE_SELECTOR_ANNOTATION)?;
    Some(serde_json::from_str(text).map_err(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(service: &Value, nodes: &Value) -> Vec<String> {
        let service = serde_json::from_value(service.clone()).unwrap();
        let nodes: Vec<Node> = serde_json::from_value(nodes.clone()).unwrap();
        let addresses = Address::of_service(&service, &nodes);
        addresses
            .iter()
            .map(|one| format!("{:?} {} {:?}", one.kind, one.value, one.port(15443)))
            .collect()
    }

    fn node(labels: &Value, kind: &str, address: &str) -> Value {
        json!({"metadata": {"labels": labels}, "status": {"addresses": [
            {"type": "InternalIP", "address": "10.0.0.1"}, {"type": kind, "address": address}]}})
    }

    #[test]
    fn a_load_balancer_is_known_by_address_or_name_and_external_ips_come_along() {
        let service = json!({"spec": {"type": "LoadBalancer", "externalIPs": ["3.3.3.3"]},
            "status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1", "hostname": "x"}, {"hostname": "y"}, {}]}}});
        assert_eq!(
            found(&service, &json!([])),
            [
                "Ip 1.1.1.1 Some(15443)",
                "Hostname y Some(15443)",
                "ExternalIp 3.3.3.3 Some(15443)"
            ]
        );
    }

    #[test]
    fn what_a_balancer_left_behind_counts_only_for_one() {
        let service = json!({"spec": {"type": "ClusterIP", "externalIPs": ["3.3.3.3"]},
            "status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}]}}});
        assert_eq!(
            found(&service, &json!([])),
            ["ExternalIp 3.3.3.3 Some(15443)"]
        );
    }

    #[test]
    fn nodes_stand_for_a_node_port_where_the_annotation_says_so() {
        let service = |annotation: Option<&str>| {
            let annotations = annotation.map(|text| json!({NODE_SELECTOR_ANNOTATION: text}));
            json!({"metadata": {"annotations": annotations},
                "spec": {"type": "NodePort", "ports": [{"port": 15443, "nodePort": 30443}, {"port": 1}]}})
        };
        let nodes = json!([
            node(&json!({"edge": "yes"}), "ExternalIP", "5.5.5.5"),
            node(&json!({"edge": "no"}), "ExternalIP", "6.6.6.6"),
            node(&json!({"edge": "yes"}), "Hostname", "n"),
        ]);
        let five = "NodePort 5.5.5.5 Some(30443)".to_owned();
        let six = "NodePort 6.6.6.6 Some(30443)".to_owned();
        for (annotation, expected) in [
            (None, vec![]),
            (Some("{}"), vec![five.clone(), six]),
            (Some(r#"{"edge": "yes"}"#), vec![five]),
            (Some("edge=yes"), vec![]),
        ] {
            assert_eq!(
                found(&service(annotation), &nodes),
                expected,
                "{annotation:?}"
            );
        }
    }
}
