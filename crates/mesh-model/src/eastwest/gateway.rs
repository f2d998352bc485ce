//! The gateways of a cluster, each with the facts about it.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Pod, Service};
use serde::Serialize;

use super::{Address, ClusterSnapshot};
use crate::change::ObjectRef;
use crate::names::{GATEWAY_NAME_LABEL, GATEWAY_PORT_LABEL, NETWORK_LABEL};
use crate::read::Read;
use crate::resources::ApiGateway;
use crate::services_port::services_port;
use crate::whose::{is_remote_gateway, is_remote_service};

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

    /// Returns the port of its Service for mutual TLS, if it has one.
    pub fn sidecar_port(&self) -> Option<i32> {
        let port = services_port(self.label(GATEWAY_PORT_LABEL));
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
