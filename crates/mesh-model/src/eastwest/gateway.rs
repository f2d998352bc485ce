//! The gateways of a cluster, each with the facts about it.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Service;
use serde::Serialize;

use super::{Address, ClusterSnapshot};
use crate::change::ObjectRef;
use crate::exposure::GatewaySelector;
use crate::names::{EAST_WEST_GATEWAY, GATEWAY_NAME_LABEL, GATEWAY_PORT_LABEL, NETWORK_LABEL};
use crate::read::Read;
use crate::resources::{ApiGateway, Pod};
use crate::services_port::services_port;
use crate::whose::{is_remote_gateway, is_remote_service, selects_own_pods};

/// The port for HBONE, which is fixed. Source: `DefaultNetworkGatewayHBONEPort` in Istio's
/// `pilot/pkg/serviceregistry/kube/controller/network.go`.
const HBONE_PORT: i32 = 15008;

/// An east-west gateway, or an object that looks like one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// `service/NAMESPACE/NAME`, or `gateway/NAMESPACE/NAME` for one of the Gateway API.
    pub object: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The network that it is the gateway of; without one no istiod treats it as a gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The type of its Service.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// The addresses at which it can be reached.
    pub addresses: Vec<Address>,
    /// The number of its pods, if they could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<Pods>,
    /// The Service itself.
    #[serde(skip)]
    pub service: Option<Service>,
    /// The Gateway that the Service was created for.
    #[serde(skip)]
    pub api: Option<ApiGateway>,
    /// The pods themselves.
    #[serde(skip)]
    pub backing: Read<Vec<Pod>>,
}

/// The number of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pods {
    /// Those that are ready.
    pub ready: usize,
    /// All of them.
    pub total: usize,
}

impl Gateway {
    /// Returns the gateways of a cluster as [`Self::all`] does, or the only one of this name.
    pub fn found(cluster: &ClusterSnapshot, name: Option<&str>) -> Vec<Self> {
        let mut gateways = Self::all(cluster);
        gateways.retain(|gateway| name.is_none_or(|name| gateway.name == name));
        gateways
    }

    /// Returns whether everything was read that [`Gateway::all`] needs. A cluster without the Gateway API has none of its gateways.
    pub fn are_known(cluster: &ClusterSnapshot) -> bool {
        cluster.services.is_seen() && !cluster.api_gateways.may_be_there()
    }

    /// Returns all gateways of a cluster, with a Gateway of the Gateway API and its Service as one; by namespace and
    /// name. Objects that describe a gateway of another cluster are left out.
    pub fn all(cluster: &ClusterSnapshot) -> Vec<Self> {
        let services = cluster.services.items();
        let apis = cluster.api_gateways.items();
        let apis = apis.iter().filter(|api| !is_remote_gateway(api));
        let of_apis = apis.map(|api| {
            let service = services.iter().find(|service| is_made_for(service, api));
            Self::of(cluster, service, Some(api))
        });
        let mut gateways: Vec<Self> = of_apis.collect();
        let own = services
            .iter()
            .filter(|service| !is_remote_service(service, cluster.network()));
        let alone = own.filter(|service| {
            let mut taken = gateways
                .iter()
                .filter_map(|gateway| gateway.service.as_ref());
            !taken.any(|taken| key(taken) == key(service))
        });
        let alone: Vec<Self> = alone
            .map(|service| Self::of(cluster, Some(service), None))
            .collect();
        gateways.extend(alone);
        gateways.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        gateways
    }

    /// Returns each Service with the network label, or with the name in Istio's guides, as a gateway of its own: those that
    /// describe a gateway of another cluster too, which select no pods.
    pub fn of_services(cluster: &ClusterSnapshot) -> Vec<Self> {
        let services = cluster.services.items().iter();
        let gateways = services.map(|service| Self::of(cluster, Some(service), None));
        gateways
            .filter(|gateway| gateway.network.is_some() || gateway.name == EAST_WEST_GATEWAY)
            .collect()
    }

    fn of(cluster: &ClusterSnapshot, service: Option<&Service>, api: Option<&ApiGateway>) -> Self {
        let meta = api.map_or_else(
            || service.map(|service| &service.metadata),
            |api| Some(&api.metadata),
        );
        let meta = meta.cloned().unwrap_or_default();
        let (namespace, name) = (
            meta.namespace.unwrap_or_default(),
            meta.name.unwrap_or_default(),
        );
        let kind = if api.is_some() { "gateway" } else { "service" };
        let nodes = cluster.nodes.items();
        let mut addresses =
            service.map_or_else(Vec::new, |service| Address::of_service(service, nodes));
        if addresses.is_empty() {
            addresses = api.map_or_else(Vec::new, Address::of_api_gateway);
        }
        for address in addresses.iter_mut().filter(|one| one.resolved.is_empty()) {
            let resolved = cluster.resolved_names.get(&address.value);
            address.resolved = resolved.cloned().unwrap_or_default();
        }
        // The pods are not read for a Service that was not found, or that selects nothing.
        let backing = service.and_then(|service| cluster.pods.get(&key(service)).cloned());
        let backing = backing.unwrap_or(Read::NotAsked);
        let spec = service.and_then(|service| service.spec.as_ref());
        Self {
            object: format!("{kind}/{namespace}/{name}"),
            network: meta
                .labels
                .unwrap_or_default()
                .remove(NETWORK_LABEL)
                .filter(|name| !name.is_empty()),
            service_type: spec.and_then(|spec| spec.type_.clone()),
            addresses,
            pods: backing.seen().map(|pods| Pods {
                ready: pods.iter().filter(|pod| is_ready(pod)).count(),
                total: pods.len(),
            }),
            service: service.cloned(),
            api: api.cloned(),
            backing,
            namespace,
            name,
        }
    }

    /// Returns the labels that select exactly its pods; none for a Service without a selector.
    pub fn selector(&self) -> Option<GatewaySelector> {
        let service = self.service.as_ref();
        let spec = service
            .filter(|service| selects_own_pods(service))?
            .spec
            .as_ref()?;
        GatewaySelector::of_labels(spec.selector.clone()?)
    }

    /// Returns the port by which other networks reach services, whether or not its Service has it.
    ///
    /// Source: `getGatewayDetails` in Istio's `pilot/pkg/serviceregistry/kube/controller/network.go`, which ignores a label
    /// that is not a number.
    pub fn services_port(&self) -> i32 {
        services_port(self.label(GATEWAY_PORT_LABEL))
    }

    /// Returns the port of its Service for mutual TLS, if it has one.
    pub fn sidecar_port(&self) -> Option<i32> {
        let port = self.services_port();
        self.ports().contains(&port).then_some(port)
    }

    /// Returns the port for HBONE, if it has one.
    pub fn hbone_port(&self) -> Option<i32> {
        self.ports().contains(&HBONE_PORT).then_some(HBONE_PORT)
    }

    /// Returns the ports of its Service, or the listeners of the Gateway if the Service is missing.
    pub fn ports(&self) -> BTreeSet<i32> {
        let of_service = self
            .service
            .as_ref()
            .and_then(|service| service.spec.as_ref());
        match (of_service, &self.api) {
            (Some(spec), _) => spec.ports.iter().flatten().map(|port| port.port).collect(),
            (None, Some(api)) => api.spec.listeners.iter().map(|one| one.port).collect(),
            (None, None) => BTreeSet::new(),
        }
    }

    /// Returns a label of its Service, or of the Gateway if it has no Service.
    pub fn label(&self, key: &str) -> Option<&str> {
        let of_service = self.service.as_ref().map(|service| &service.metadata);
        let meta = of_service.or(self.api.as_ref().map(|api| &api.metadata))?;
        meta.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// Returns the object's name for a sentence.
    pub fn described(&self) -> String {
        let (kind, _) = self.object.split_once('/').unwrap_or(("service", ""));
        format!("{kind} {}/{}", self.namespace, self.name)
    }

    /// Returns the reference to the object for changes and findings.
    pub fn reference(&self) -> ObjectRef {
        let kind = if self.api.is_some() {
            "gateway.gateway.networking.k8s.io"
        } else {
            "service"
        };
        ObjectRef::new(kind, &self.name).within(&self.namespace)
    }

    /// Returns the names of its pods that are not ready.
    pub fn unready_pods(&self) -> Vec<&str> {
        let pods = self.backing.items().iter();
        let unready = pods.filter(|pod| !is_ready(pod));
        unready
            .filter_map(|pod| pod.metadata.name.as_deref())
            .collect()
    }

    /// Returns whether its pods have this SPIFFE ID: `spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT`.
    pub fn is_identity(&self, spiffe: &str) -> bool {
        let pods = self.backing.items();
        let account = |pod: &Pod| {
            let account = pod.spec.as_ref()?.service_account_name.clone();
            Some(account.unwrap_or_else(|| "default".to_owned()))
        };
        pods.iter().filter_map(account).any(|account| {
            let end = format!("/ns/{}/sa/{account}", self.namespace);
            spiffe.ends_with(&end)
        })
    }
}

/// Returns namespace and name.
pub(super) fn key(service: &Service) -> (String, String) {
    let meta = &service.metadata;
    (
        meta.namespace.clone().unwrap_or_default(),
        meta.name.clone().unwrap_or_default(),
    )
}

fn is_made_for(service: &Service, api: &ApiGateway) -> bool {
    let labels = service.metadata.labels.as_ref();
    service.metadata.namespace == api.metadata.namespace
        && api.metadata.name.is_some()
        && labels.and_then(|labels| labels.get(GATEWAY_NAME_LABEL)) == api.metadata.name.as_ref()
}

/// Returns whether a pod receives traffic.
pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .any(|one| one.type_ == "Ready" && one.status == "True")
}

/// Returns the gateways of all clusters, each with its context.
#[cfg(test)]
pub(super) fn of_all(clusters: &[ClusterSnapshot]) -> Vec<(&str, Gateway)> {
    let each = clusters.iter().flat_map(|cluster| {
        let gateways = Gateway::all(cluster).into_iter();
        gateways.map(|gateway| (cluster.context.as_str(), gateway))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn gateways(services: &[Value]) -> Vec<Gateway> {
        let services = services.iter().cloned().map(serde_json::from_value);
        let services: Result<Vec<Service>, _> = services.collect();
        Gateway::of_services(&ClusterSnapshot {
            services: Read::Seen(services.expect("they are Services")),
            ..ClusterSnapshot::default()
        })
    }

    fn service(name: &str, labels: &Value, spec: &Value) -> Value {
        json!({"metadata": {"name": name, "namespace": "g", "labels": labels}, "spec": spec})
    }

    #[test]
    fn a_service_is_a_gateway_by_its_network_or_its_name() {
        let spec = json!({"selector": {"app": "x"}, "ports": [{"port": 15443}, {"port": 15012}]});
        for (name, labels, port) in [
            ("istio-eastwestgateway", json!({}), Some(15443)),
            ("ew", json!({NETWORK_LABEL: "n"}), Some(15443)),
            (
                "ew",
                json!({NETWORK_LABEL: "n", GATEWAY_PORT_LABEL: "443"}),
                Some(443),
            ),
            (
                "ew",
                json!({NETWORK_LABEL: "n", GATEWAY_PORT_LABEL: "many"}),
                Some(15443),
            ),
            ("ew", json!({NETWORK_LABEL: ""}), None),
            ("ew", json!({"app": "istio-eastwestgateway"}), None),
        ] {
            let found = gateways(&[service(name, &labels, &spec)]);
            let ports: Vec<i32> = found.iter().map(Gateway::services_port).collect();
            assert_eq!(ports, Vec::from_iter(port), "{name} {labels}");
            for gateway in found {
                let selector = gateway.selector().map(|labels| labels.to_string());
                assert_eq!(selector.as_deref(), Some("app=x"));
                assert_eq!(gateway.namespace, "g");
                assert_eq!(gateway.ports(), BTreeSet::from([15443, 15012]));
            }
        }
    }

    #[test]
    fn only_a_service_with_pods_of_its_cluster_has_a_selector() {
        let named = |spec| service(EAST_WEST_GATEWAY, &json!({}), &spec);
        let found = gateways(&[
            named(json!({"selector": {}})),
            named(json!({"ports": [{"port": 15443}]})),
            named(
                json!({"type": "ExternalName", "externalName": "gw.example", "selector": {"app": "x"}}),
            ),
        ]);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|gateway| gateway.selector().is_none()));
    }
}
