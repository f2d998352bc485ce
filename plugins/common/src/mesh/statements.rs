//! What the parts of a cluster say its network and its name are, and where they disagree.
//!
//! The ids of findings are those of the suite's check catalog.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{ConfigMap, Container, Namespace, Pod, PodSpec, Service};
use serde::Serialize;

use super::finding::{Finding, Severity};
use super::istiod::cluster_ids;
use super::names::{INJECTOR_CONFIG, NETWORK_LABEL, UNNAMED_CLUSTER};
use super::network::misspelled;

/// Injection says anew what a pod is told.
const RESTART: &str = "kubectl rollout restart, for what the pods belong to";

/// A part of Istio that has a view of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Istio's namespace.
    Namespace,
    /// istiod's Deployment.
    Istiod,
    /// The values by which sidecars are injected.
    Injector,
    /// A Service with the network label.
    Gateway,
    /// The pods behind such a Service.
    GatewayPods,
    /// ztunnel's `DaemonSet`.
    Ztunnel,
    /// Pods with a sidecar.
    Pods,
}

/// What one part says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Who says it.
    pub part: Part,
    /// The object: `namespace/istio-system`, `service/istio-system/istio-eastwestgateway`; of several pods the first.
    pub object: String,
    /// How many pods more say the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// The network, where it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The cluster's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The network that a gateway serves alone, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_view: Option<String>,
    /// Whether it disagrees with the others.
    pub drift: bool,
}

impl Part {
    /// The word that a table shows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Istiod => "istiod",
            Self::Injector => "injector",
            Self::Gateway => "gateway",
            Self::GatewayPods => "gateway pods",
            Self::Ztunnel => "ztunnel",
            Self::Pods => "pods",
        }
    }

    fn knows_network(self) -> bool {
        match self {
            Self::Istiod => false,
            Self::Namespace
            | Self::Injector
            | Self::Gateway
            | Self::GatewayPods
            | Self::Ztunnel
            | Self::Pods => true,
        }
    }

    fn knows_cluster(self) -> bool {
        match self {
            Self::Namespace | Self::Gateway => false,
            Self::Istiod | Self::Injector | Self::GatewayPods | Self::Ztunnel | Self::Pods => true,
        }
    }
}

impl Statement {
    fn new(part: Part, object: String, network: Option<String>, cluster: Option<String>) -> Self {
        Self {
            part,
            object,
            more: None,
            network: network.filter(|name| !name.is_empty()),
            cluster: cluster.filter(|name| !name.is_empty() && name != UNNAMED_CLUSTER),
            network_view: None,
            drift: false,
        }
    }

    /// What Istio's namespace says.
    pub fn of_namespace(namespace: &Namespace) -> Self {
        let meta = &namespace.metadata;
        let name = meta.name.as_deref().unwrap_or_default();
        Self::new(
            Part::Namespace,
            format!("namespace/{name}"),
            label(meta.labels.as_ref()),
            None,
        )
    }

    /// What an istiod calls its cluster.
    pub fn of_istiod(deployment: &Deployment) -> Self {
        let name = deployment.metadata.name.as_deref().unwrap_or_default();
        let ids = cluster_ids(std::slice::from_ref(deployment));
        let cluster = ids.first().map(|id| id.as_str().to_owned());
        Self::new(Part::Istiod, format!("deployment/{name}"), None, cluster)
    }

    /// What sidecars are injected with; nothing for a `ConfigMap` that is not the injector's.
    /// Source: `templates/istiod-injector-configmap.yaml` of the chart istiod.
    pub fn of_injector(map: &ConfigMap) -> Option<Self> {
        let name = map.metadata.name.as_deref().unwrap_or_default();
        if !name.starts_with(INJECTOR_CONFIG) {
            return None;
        }
        let values = map.data.as_ref()?.get("values")?;
        let values: serde_json::Value = serde_json::from_str(values).ok()?;
        let global = &values["global"];
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        Some(Self::new(
            Part::Injector,
            format!("configmap/{name}"),
            text(&global["network"]),
            text(&global["multiCluster"]["clusterName"]),
        ))
    }

    /// What a gateway's Service says.
    pub fn of_gateway(service: &Service) -> Self {
        let meta = &service.metadata;
        let (namespace, name) = (meta.namespace.as_deref(), meta.name.as_deref());
        let object = format!(
            "service/{}/{}",
            namespace.unwrap_or_default(),
            name.unwrap_or_default()
        );
        Self::new(Part::Gateway, object, label(meta.labels.as_ref()), None)
    }

    /// What a ztunnel is told.
    /// Source: `templates/daemonset.yaml` of the chart ztunnel.
    pub fn of_ztunnel(set: &DaemonSet) -> Self {
        let name = set.metadata.name.as_deref().unwrap_or_default();
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        let pod = set
            .spec
            .as_ref()
            .and_then(|spec| spec.template.spec.as_ref());
        let env = |key| pod.and_then(|pod| env(&pod.containers, key));
        Self::new(
            Part::Ztunnel,
            format!("daemonset/{namespace}/{name}"),
            env("NETWORK"),
            env("ISTIO_META_CLUSTER_ID"),
        )
    }

    /// What the proxies of these pods are told, one statement for all pods that say the same; pods without a proxy say
    /// nothing.
    pub fn of_pods(part: Part, pods: &[Pod]) -> Vec<Self> {
        let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for pod in pods {
            let Some(proxy) = pod.spec.as_ref().and_then(proxy) else {
                continue;
            };
            let told = |key| env(std::slice::from_ref(proxy), key);
            let says = (
                told("ISTIO_META_NETWORK").or_else(|| label(pod.metadata.labels.as_ref())),
                told("ISTIO_META_CLUSTER_ID"),
                told("ISTIO_META_REQUESTED_NETWORK_VIEW"),
            );
            let meta = &pod.metadata;
            let name = format!(
                "{}/{}",
                meta.namespace.as_deref().unwrap_or_default(),
                meta.name.as_deref().unwrap_or_default()
            );
            groups.entry(says).or_default().push(name);
        }
        let statement = |((network, cluster, view), names): ((_, _, _), Vec<String>)| {
            let first = names.first().map_or("", String::as_str);
            Self {
                network_view: view,
                more: Some(names.len() - 1).filter(|more| *more > 0),
                ..Self::new(part, format!("pod/{first}"), network, cluster)
            }
        };
        groups.into_iter().map(statement).collect()
    }
}

/// The network that the statements of one cluster come to: what the namespace says, else the first that says anything.
pub fn network(statements: &[Statement]) -> Option<&str> {
    statements.iter().find_map(|one| one.network.as_deref())
}

/// The cluster's name that the statements come to.
pub fn cluster(statements: &[Statement]) -> Option<&str> {
    statements.iter().find_map(|one| one.cluster.as_deref())
}

/// Marks what disagrees, and says so. `several_networks` tells whether the mesh has more than one network: only then a
/// namespace needs its label. The statements are in the order of their weight, the namespace first.
pub fn judge(statements: &mut [Statement], several_networks: bool) -> Vec<Finding> {
    let (network, cluster) = (
        network(statements).map(str::to_owned),
        cluster(statements).map(str::to_owned),
    );
    let mut findings = Vec::new();
    for one in statements {
        let found = [
            network
                .as_deref()
                .and_then(|network| of_network(one, network, several_networks)),
            cluster
                .as_deref()
                .and_then(|cluster| of_cluster(one, cluster)),
            of_view(one),
        ];
        for finding in found.into_iter().flatten() {
            one.drift |= finding.severity > Severity::Info;
            findings.push(finding);
        }
    }
    findings
}

fn of_network(one: &Statement, network: &str, several: bool) -> Option<Finding> {
    if !one.part.knows_network() || one.network.as_deref() == Some(network) {
        return None;
    }
    let object = &one.object;
    let says =
        |here: Option<&str>| here.map_or("no network".to_owned(), |here| format!("network {here}"));
    let message = format!(
        "{object} says {}, not {network}",
        says(one.network.as_deref())
    );
    Some(match one.part {
        Part::Namespace => {
            let severity = if several {
                Severity::Error
            } else {
                Severity::Info
            };
            let message =
                format!("{object} has no label {NETWORK_LABEL}, and others say {network}");
            Finding::new("network-label-missing", severity, message)
        }
        Part::Pods => Finding::new("network-pods-stale", Severity::Warning, message).fix(RESTART),
        Part::Injector => Finding::new("network-values-disagree", Severity::Error, message).fix(
            format!("install istiod with values.global.network={network}"),
        ),
        Part::Ztunnel => Finding::new("network-values-disagree", Severity::Error, message)
            .fix(format!("install ztunnel with network={network}")),
        Part::Gateway => Finding::new("network-values-disagree", Severity::Error, message)
            .fix(format!("label it {NETWORK_LABEL}={network}")),
        Part::Istiod | Part::GatewayPods => {
            Finding::new("network-values-disagree", Severity::Error, message).fix(RESTART)
        }
    })
}

fn of_cluster(one: &Statement, cluster: &str) -> Option<Finding> {
    if !one.part.knows_cluster() || one.cluster.as_deref() == Some(cluster) {
        return None;
    }
    let here = one.cluster.as_deref().unwrap_or("none");
    let message = format!("{} says cluster {here}, not {cluster}", one.object);
    let fix = match one.part {
        Part::Pods | Part::GatewayPods => RESTART.to_owned(),
        Part::Namespace | Part::Istiod | Part::Injector | Part::Gateway | Part::Ztunnel => {
            format!("install it with multiCluster.clusterName={cluster}")
        }
    };
    Some(Finding::new("cluster-id-proxy-drift", Severity::Error, message).fix(fix))
}

/// A gateway that serves another network than its own, or does not say which, may send requests back and forth.
fn of_view(one: &Statement) -> Option<Finding> {
    if one.part != Part::GatewayPods || one.network_view == one.network {
        return None;
    }
    let view = one.network_view.as_deref().unwrap_or("all networks");
    let message = format!(
        "{} serves {view}, and is on {}",
        one.object,
        one.network.as_deref().unwrap_or("none")
    );
    Some(Finding::new("ewg-network-view", Severity::Warning, message))
}

/// A finding for each label of the namespace that somebody took for the right one. It is drift where the right one is
/// missing.
pub fn near_keys(namespace: &Namespace) -> Vec<Finding> {
    let labels = namespace.metadata.labels.as_ref();
    let keys = labels.into_iter().flatten().map(|(key, _)| key.as_str());
    let severity = if label(labels).is_some() {
        Severity::Warning
    } else {
        Severity::Error
    };
    misspelled(keys)
        .into_iter()
        .map(|key| {
            let message = format!("Istio does not read label {key}, it reads {NETWORK_LABEL}");
            Finding::new("network-label-misspelled", severity, message)
        })
        .collect()
}

fn label(labels: Option<&BTreeMap<String, String>>) -> Option<String> {
    labels?.get(NETWORK_LABEL).cloned()
}

/// The proxy of a pod; a native sidecar is among the init containers.
fn proxy(pod: &PodSpec) -> Option<&Container> {
    let all = pod
        .containers
        .iter()
        .chain(pod.init_containers.iter().flatten());
    all.into_iter()
        .find(|container| container.name == "istio-proxy")
}

fn env(containers: &[Container], key: &str) -> Option<String> {
    let all = containers
        .iter()
        .flat_map(|container| container.env.iter().flatten());
    all.into_iter()
        .find(|env| env.name == key)
        .and_then(|env| env.value.clone())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(part: Part, network: &str, cluster: &str) -> Statement {
        let some = |text: &str| Some(text.to_owned());
        Statement::new(part, part.word().to_owned(), some(network), some(cluster))
    }

    fn found(mut statements: Vec<Statement>, several: bool) -> Vec<(&'static str, String)> {
        let findings = judge(&mut statements, several);
        let drifting: Vec<&Statement> = statements.iter().filter(|one| one.drift).collect();
        let loud = findings
            .iter()
            .filter(|finding| finding.severity > Severity::Info);
        assert_eq!(drifting.is_empty(), loud.count() == 0);
        findings
            .into_iter()
            .map(|finding| (finding.id, finding.message))
            .collect()
    }

    #[test]
    fn those_who_agree_are_left_in_peace() {
        let all = vec![
            says(Part::Namespace, "n", ""),
            says(Part::Istiod, "", "east"),
            says(Part::Injector, "n", "east"),
            says(Part::Gateway, "n", ""),
            says(Part::Ztunnel, "n", "east"),
            says(Part::Pods, "n", "east"),
        ];
        assert_eq!(found(all, true), []);
        assert_eq!(
            found(
                vec![says(Part::Namespace, "", ""), says(Part::Pods, "", "")],
                true
            ),
            []
        );
    }

    #[test]
    fn each_part_that_disagrees_is_named() {
        for (part, network, cluster, id) in [
            (Part::Injector, "N", "east", "network-values-disagree"),
            (Part::Injector, "", "east", "network-values-disagree"),
            (Part::Gateway, "m", "", "network-values-disagree"),
            (Part::Ztunnel, "m", "east", "network-values-disagree"),
            (Part::Pods, "m", "east", "network-pods-stale"),
            (Part::Pods, "", "east", "network-pods-stale"),
            (Part::Pods, "n", "west", "cluster-id-proxy-drift"),
            (Part::Ztunnel, "n", "Kubernetes", "cluster-id-proxy-drift"),
            (Part::Istiod, "", "west", "cluster-id-proxy-drift"),
            (Part::GatewayPods, "n", "east", "ewg-network-view"),
        ] {
            let all = vec![
                says(Part::Namespace, "n", ""),
                says(Part::Istiod, "", "east"),
                says(part, network, cluster),
            ];
            let ids: Vec<_> = found(all, true).into_iter().map(|(id, _)| id).collect();
            assert_eq!(ids, [id], "{part:?} {network} {cluster}");
        }
    }

    #[test]
    fn a_namespace_needs_its_label_only_among_several_networks() {
        let all = || vec![says(Part::Namespace, "", ""), says(Part::Injector, "n", "")];
        assert_eq!(found(all(), true)[0].0, "network-label-missing");
        let mut alone = all();
        assert_eq!(judge(&mut alone, false)[0].severity, Severity::Info);
        assert!(alone.iter().all(|one| !one.drift));
    }
}
