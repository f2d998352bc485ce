//! The network and cluster name of each part, read from its object.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::super::change::ObjectRef;
use super::super::container_env::value;
use super::super::injector::{InjectorValues, awaits_injection};
use super::super::istiod::cluster_ids;
use super::super::names::{
    GATEWAY_NAME_LABEL, NETWORK_LABEL, NETWORK_VARIABLE, NETWORK_VIEW_VARIABLE,
    PROXY_CLUSTER_VARIABLE, PROXY_NETWORK_VARIABLE, UNNAMED_CLUSTER,
};
use super::super::resources::ApiGateway;
use super::Part;
use super::object::Object;
use crate::resources::{Container, DaemonSet, Deployment, Pod, PodSpec};

/// kubectl's name for them, which differs from that of Istio's Gateways.
const API_GATEWAYS: &str = "gateways.gateway.networking.k8s.io";

/// The network and cluster name of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// The part.
    pub part: Part,
    /// The object: `namespace/istio-system`, `service/istio-system/istio-eastwestgateway`; of several pods the first.
    pub object: String,
    /// The number of further pods with the same values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// The network, if it sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The cluster's name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The network in a pod's label, if it differs from the one of its proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_label: Option<String>,
    /// The only network that a gateway serves, if it sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_view: Option<String>,
    /// True if it disagrees with the others.
    pub drift: bool,
    /// True if a pod has its proxy's network as a label of its own, from the template of its workload.
    #[serde(skip)]
    pub(super) is_labelled: bool,
    #[serde(skip)]
    pub(super) about: Object,
}

impl Statement {
    pub(super) fn new(
        part: Part,
        object: String,
        network: Option<String>,
        cluster: Option<String>,
    ) -> Self {
        Self {
            part,
            object,
            more: None,
            network: network.filter(|name| !name.is_empty()),
            cluster: cluster.filter(|name| !name.is_empty() && name != UNNAMED_CLUSTER),
            network_label: None,
            network_view: None,
            drift: false,
            is_labelled: false,
            about: Object::default(),
        }
    }

    /// Reads Istio's namespace.
    pub fn of_namespace(namespace: &Namespace) -> Self {
        let meta = &namespace.metadata;
        let name = meta.name.as_deref().unwrap_or_default();
        Self::new(
            Part::Namespace,
            format!("namespace/{name}"),
            label(meta.labels.as_ref()),
            None,
        )
        .about("namespace", meta)
    }

    /// Returns the first of the pods.
    pub(super) fn first_pod(&self) -> ObjectRef {
        let name = self.object.rsplit('/').next().unwrap_or_default();
        ObjectRef::new("pod", name).within(&self.about.namespace)
    }

    fn about(self, resource: &str, meta: &ObjectMeta) -> Self {
        Self {
            about: Object::new(resource, meta),
            ..self
        }
    }

    /// Reads the Deployment of an istiod.
    pub fn of_istiod(deployment: &Deployment) -> Self {
        let name = deployment.metadata.name.as_deref().unwrap_or_default();
        let ids = cluster_ids(std::slice::from_ref(deployment));
        let cluster = ids.first().map(|id| id.as_str().to_owned());
        Self::new(Part::Istiod, format!("deployment/{name}"), None, cluster)
            .about("deployment", &deployment.metadata)
    }

    /// Reads the injector's `ConfigMap`; returns `None` for others.
    pub fn of_injector(map: &ConfigMap) -> Option<Self> {
        let values = InjectorValues::of(map).filter(InjectorValues::is_readable)?;
        let name = map.metadata.name.as_deref().unwrap_or_default();
        let statement = Self::new(
            Part::Injector,
            format!("configmap/{name}"),
            values.network().map(str::to_owned),
            values.cluster_name().map(str::to_owned),
        );
        Some(statement.about("configmap", &map.metadata))
    }

    /// Reads a gateway's Service. If istiod created it for a Gateway of the Gateway API, its label comes from there.
    pub fn of_gateway(service: &Service) -> Self {
        let meta = &service.metadata;
        let said = Self::of_labelled("service", "service", meta);
        let labels = meta.labels.as_ref();
        match labels.and_then(|labels| labels.get(GATEWAY_NAME_LABEL)) {
            None => said,
            Some(name) => Self {
                about: Object {
                    resource: API_GATEWAYS.to_owned(),
                    name: name.clone(),
                    ..said.about
                },
                ..said
            },
        }
    }

    /// Reads a Gateway of the Gateway API.
    pub fn of_api_gateway(gateway: &ApiGateway) -> Self {
        Self::of_labelled("gateway", API_GATEWAYS, &gateway.metadata)
    }

    fn of_labelled(kind: &str, resource: &str, meta: &ObjectMeta) -> Self {
        let object = format!("{kind}/{}", namespaced(meta));
        Self::new(Part::Gateway, object, label(meta.labels.as_ref()), None).about(resource, meta)
    }

    /// Reads the `DaemonSet` of ztunnel. Source: `templates/daemonset.yaml` of the chart ztunnel.
    pub fn of_ztunnel(set: &DaemonSet) -> Self {
        let pod = set
            .spec
            .as_ref()
            .and_then(|spec| spec.template.spec.as_ref());
        let env = |key| pod.and_then(|pod| env(&pod.containers, key));
        Self::new(
            Part::Ztunnel,
            format!("daemonset/{}", namespaced(&set.metadata)),
            env(NETWORK_VARIABLE),
            env(PROXY_CLUSTER_VARIABLE),
        )
        .about("daemonset", &set.metadata)
    }

    /// Reads the proxies of these pods, one statement for all pods with the same values; pods without a proxy have
    /// none.
    pub fn of_pods(part: Part, pods: &[Pod]) -> Vec<Self> {
        let mut groups: BTreeMap<_, Vec<&Pod>> = BTreeMap::new();
        for pod in pods {
            let Some(proxy) = pod.spec.as_ref().and_then(proxy) else {
                continue;
            };
            let told = |key| env(std::slice::from_ref(proxy), key);
            let (own, labelled) = (
                told(PROXY_NETWORK_VARIABLE),
                label(pod.metadata.labels.as_ref()),
            );
            let other = labelled
                .clone()
                .filter(|_| own.is_some() && labelled != own);
            let says = (
                own.or(labelled),
                told(PROXY_CLUSTER_VARIABLE),
                told(NETWORK_VIEW_VARIABLE),
                other,
            );
            groups.entry(says).or_default().push(pod);
        }
        let groups = groups.into_iter();
        groups
            .map(|((network, cluster, view, other), pods)| {
                let first = pods.first().map(|pod| namespaced(&pod.metadata));
                let object = format!("pod/{}", first.unwrap_or_default());
                let is_labelled = pods
                    .iter()
                    .any(|pod| network.is_some() && label(pod.metadata.labels.as_ref()) == network);
                Self {
                    network_label: other,
                    is_labelled,
                    network_view: view,
                    more: Some(pods.len() - 1).filter(|more| *more > 0),
                    about: Object::owner_of(&pods),
                    ..Self::new(part, object, network, cluster)
                }
            })
            .collect()
    }
}

fn namespaced(meta: &ObjectMeta) -> String {
    let (namespace, name) = (meta.namespace.as_deref(), meta.name.as_deref());
    format!(
        "{}/{}",
        namespace.unwrap_or_default(),
        name.unwrap_or_default()
    )
}

pub(super) fn label(labels: Option<&BTreeMap<String, String>>) -> Option<String> {
    let network = labels?.get(NETWORK_LABEL).cloned();
    network.filter(|network| !network.is_empty())
}

/// Returns the proxy container of a pod, if an injector filled it in; a native sidecar is an init container.
fn proxy(pod: &PodSpec) -> Option<&Container> {
    let all = pod
        .containers
        .iter()
        .chain(pod.init_containers.iter().flatten());
    all.into_iter()
        .find(|container| container.name == "istio-proxy" && !awaits_injection(container))
}

fn env(containers: &[Container], key: &str) -> Option<String> {
    value(containers, key).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pods_that_say_the_same_are_one_statement() {
        let pod = |name: &str, told: Option<&str>, labelled: Option<&str>| -> Pod {
            let env = told.map(|told| json!({"name": "ISTIO_META_NETWORK", "value": told}));
            let env: Vec<_> = env.into_iter().collect();
            serde_json::from_value(json!({
                "metadata": {"name": name, "namespace": "shop", "labels": {NETWORK_LABEL: labelled.unwrap_or_default()}},
                "spec": {"containers": [{"name": "istio-proxy", "env": env}]},
            }))
            .unwrap()
        };
        let pods = [
            pod("a", Some("n"), Some("n")),
            pod("b", Some("n"), None),
            pod("c", Some("n"), Some("m")),
            pod("d", None, Some("n")),
        ];
        let said: Vec<_> = Statement::of_pods(Part::Pods, &pods)
            .into_iter()
            .map(|one| (one.object, one.more, one.network, one.network_label))
            .collect();
        let network = || Some("n".to_owned());
        assert_eq!(
            said,
            [
                ("pod/shop/a".to_owned(), Some(2), network(), None),
                (
                    "pod/shop/c".to_owned(),
                    None,
                    network(),
                    Some("m".to_owned())
                ),
            ]
        );
    }
}
