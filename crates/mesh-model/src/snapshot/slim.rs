//! Reduces objects to what checks need, where they are read. The table of what is kept of free text is [`super::kept`].

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Event, Namespace, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::kept::{ANNOTATIONS, FLAGS, INJECTOR_VALUES, VARIABLES};
use crate::injector::InjectorValues;
use crate::resources::{
    ApiGateway, Container, DaemonSet, Deployment, IstioGateway, Node, PeerAuthentication, Pod,
    PodSpec, PodStatus, PodTemplateSpec, VirtualService, WorkloadSpec,
};

/// An object that a snapshot can hold after it is reduced.
pub trait Slim {
    /// Leaves out everything that no check needs.
    #[must_use]
    fn slim(self) -> Self;
}

/// Implements [`Slim`] for kinds of which everything but some metadata is kept.
macro_rules! only_metadata {
    ($($kind:ty),+) => {$(
        impl Slim for $kind {
            fn slim(self) -> Self {
                Self {
                    metadata: metadata(self.metadata),
                    ..self
                }
            }
        }
    )+};
}
only_metadata!(
    Namespace,
    Service,
    Event,
    ApiGateway,
    IstioGateway,
    Node,
    PeerAuthentication,
    VirtualService
);

/// Implements [`Slim`] for kinds that create pods from a template.
macro_rules! with_template {
    ($($kind:ty),+) => {$(
        impl Slim for $kind {
            fn slim(mut self) -> Self {
                self.metadata = metadata(self.metadata);
                self.spec = self.spec.map(|spec| WorkloadSpec {
                    template: template(spec.template),
                    ..spec
                });
                self
            }
        }
    )+};
}
with_template!(Deployment, DaemonSet);

impl Slim for Pod {
    fn slim(self) -> Self {
        Self {
            metadata: metadata(self.metadata),
            spec: self.spec.map(pod),
            status: self.status.map(|status| PodStatus {
                conditions: status.conditions,
                phase: status.phase,
                pod_ips: status.pod_ips,
                start_time: status.start_time,
                ..PodStatus::default()
            }),
        }
    }
}

/// Keeps the values of an injector that are needed, and nothing of another `ConfigMap`.
impl Slim for ConfigMap {
    fn slim(self) -> Self {
        let values = InjectorValues::of(&self).and_then(|injector| injector.only(&INJECTOR_VALUES));
        Self {
            data: values.map(|values| BTreeMap::from([("values".to_owned(), values.to_string())])),
            metadata: metadata(self.metadata),
            ..Self::default()
        }
    }
}

fn metadata(mut metadata: ObjectMeta) -> ObjectMeta {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.retain(|name, _| ANNOTATIONS.contains(&name.as_str()));
    }
    metadata.annotations = metadata.annotations.filter(|kept| !kept.is_empty());
    metadata
}

fn template(template: PodTemplateSpec) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: template.metadata.map(metadata),
        spec: template.spec.map(pod),
    }
}

fn pod(spec: PodSpec) -> PodSpec {
    let containers = |all: Vec<Container>| all.into_iter().map(container).collect();
    PodSpec {
        containers: containers(spec.containers),
        init_containers: spec.init_containers.map(containers),
        service_account_name: spec.service_account_name,
        node_name: spec.node_name,
        host_network: spec.host_network,
    }
}

fn container(container: Container) -> Container {
    let env = container.env.map(|mut all| {
        all.retain(|variable| VARIABLES.contains(&variable.name.as_str()));
        all
    });
    Container {
        name: container.name,
        image: container.image,
        ports: container.ports,
        restart_policy: container.restart_policy,
        args: container.args.map(arguments),
        env,
    }
}

/// Keeps the arguments that give one of the flags, as `FLAG VALUE` or as `FLAG=VALUE`.
fn arguments(all: Vec<String>) -> Vec<String> {
    let mut is_kept = vec![false; all.len()];
    for flag in FLAGS {
        let mut places = 0..all.len();
        while let Some(place) = places.next() {
            match all[place].strip_prefix(flag) {
                Some("") => {
                    is_kept[place] = true;
                    if let Some(value) = places.next() {
                        is_kept[value] = true;
                    }
                }
                Some(rest) => is_kept[place] |= rest.starts_with('='),
                None => (),
            }
        }
    }
    let kept = all.into_iter().zip(is_kept);
    kept.filter_map(|(argument, is_kept)| is_kept.then_some(argument))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, from_value, json, to_string};

    use super::*;
    use crate::istiod::{cluster_ids, domain, is_unnamed, scopes_gateways, versions};
    use crate::statements::{Part, Statement};

    const CANARY: &str = "canary-of-a-secret";

    /// Metadata with a canary in everything that is not to be kept.
    fn metadata(name: &str) -> Value {
        json!({"name": name, "namespace": "n", "uid": "u",
            "labels": {"topology.istio.io/network": "net-a"},
            "managedFields": [{"manager": CANARY, "fieldsV1": {format!("f:{CANARY}"): {}}}],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"a\": \"{CANARY}\"}}"),
                "example.com/password": CANARY,
                "meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "n"}})
    }

    /// A pod with a canary in everything of its containers that is not to be kept.
    fn pod() -> Value {
        let container = json!({"name": "istio-proxy", "image": "pilot:1.31.0",
            "command": ["sh", "-c", CANARY],
            "args": ["discovery", "--domain", "corp.example", CANARY, "--password", CANARY,
                "--clusterID=west", format!("--clusterIDs={CANARY}")],
            "env": [
                {"name": "PASSWORD", "value": CANARY},
                {"name": "PILOT_SCOPE_GATEWAY_TO_NAMESPACE", "value": "true"},
                {"name": "NETWORK", "value": "net-z"},
                {"name": "ISTIO_META_NETWORK", "value": "net-a"},
                {"name": "ISTIO_META_CLUSTER_ID", "value": "west"},
                {"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "net-a"}],
            "envFrom": [{"secretRef": {"name": CANARY}}],
            "lifecycle": {"preStop": {"exec": {"command": [CANARY]}}},
            "livenessProbe": {"httpGet": {"port": 1, "httpHeaders": [{"name": "a", "value": CANARY}]}}});
        json!({"containers": [container], "initContainers": [container],
            "serviceAccountName": "account",
            "volumes": [{"name": "v", "flexVolume": {"driver": "d", "options": {"password": CANARY}}}]})
    }

    fn reduced<T: Slim + DeserializeOwned + Serialize>(object: Value) -> T {
        assert!(object.to_string().contains(CANARY));
        let object: T = from_value(object).expect("it is such an object");
        let object = object.slim();
        let text = to_string(&object).expect("it is JSON");
        assert!(!text.contains(CANARY), "{text}");
        assert!(text.contains("meta.helm.sh/release-name"), "{text}");
        object
    }

    fn workload() -> Value {
        let template = json!({"metadata": metadata("p"), "spec": pod()});
        json!({"metadata": metadata("w"), "spec": {"selector": {}, "template": template}})
    }

    #[test]
    fn no_kind_keeps_what_no_check_names() {
        reduced::<Namespace>(json!({"metadata": metadata("n")}));
        reduced::<Service>(json!({"metadata": metadata("s"), "spec": {"selector": {"a": "b"}}}));
        reduced::<Event>(json!({"metadata": metadata("e"), "involvedObject": {"name": "s"}}));
        reduced::<ApiGateway>(json!({"metadata": metadata("g")}));
        reduced::<IstioGateway>(json!({"metadata": metadata("g"), "spec": {"servers": [
            {"tls": {"mode": "SIMPLE", "credentialName": CANARY}}]}}));
        reduced::<PeerAuthentication>(json!({"metadata": metadata("p")}));
        reduced::<VirtualService>(
            json!({"metadata": metadata("v"), "spec": {"gateways": ["g"],
            "http": [{"headers": {"request": {"set": {"authorization": CANARY}}}}]}}),
        );
        let node: Node = reduced(
            json!({"metadata": metadata("n"), "spec": {"providerID": CANARY},
            "status": {"addresses": [{"type": "ExternalIP", "address": "5.5.5.5"}]}}),
        );
        let addresses: Vec<&str> = node.addresses_of(&["ExternalIP"]).collect();
        assert_eq!(addresses, ["5.5.5.5"]);
        let map: ConfigMap =
            reduced(json!({"metadata": metadata("other"), "data": {"values": CANARY}}));
        assert_eq!(map.data, None);
    }

    #[test]
    fn what_is_said_by_pods_and_workloads_is_the_same_after_it() {
        let whole: Deployment = from_value(workload()).expect("it is a Deployment");
        let istiods = [reduced::<Deployment>(workload())];
        assert_eq!(
            cluster_ids(&istiods),
            cluster_ids(std::slice::from_ref(&whole))
        );
        assert_eq!(cluster_ids(&istiods)[0].as_str(), "west");
        assert!(scopes_gateways(&istiods[0]) && !is_unnamed(&istiods));
        assert_eq!(versions(&istiods), versions(std::slice::from_ref(&whole)));
        assert_eq!(domain(&istiods).as_deref(), Some("corp.example"));
        let whole: DaemonSet = from_value(workload()).expect("it is a DaemonSet");
        let statement = Statement::of_ztunnel(&reduced(workload()));
        assert_eq!(statement, Statement::of_ztunnel(&whole));
        assert_eq!(statement.network.as_deref(), Some("net-z"));
        let object = json!({"metadata": metadata("p"), "spec": pod(), "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "c", "image": "i", "imageID": "", "ready": true, "restartCount": 0,
                "state": {"terminated": {"exitCode": 1, "message": CANARY}}}]}});
        let whole: Pod = from_value(object.clone()).expect("it is a Pod");
        let slim = [reduced::<Pod>(object)];
        let statements = Statement::of_pods(Part::Pods, &slim);
        assert_eq!(
            statements,
            Statement::of_pods(Part::Pods, std::slice::from_ref(&whole))
        );
        assert_eq!(statements[0].network_view.as_deref(), Some("net-a"));
        let conditions = |pod: &Pod| {
            pod.status
                .as_ref()
                .and_then(|status| status.conditions.clone())
        };
        assert_eq!(conditions(&slim[0]), conditions(&whole));
    }

    #[test]
    fn an_injector_keeps_the_values_that_are_needed() {
        let map = |values: Value| -> ConfigMap {
            reduced(
                json!({"metadata": metadata("istio-sidecar-injector-canary"),
                "data": {"values": values, "config": CANARY}, "binaryData": {"more": "AAAA"}}),
            )
        };
        let values = json!({"global": {"network": "net-a", "imagePullSecrets": [CANARY],
            "multiCluster": {"clusterName": "west"}, "proxy": {"clusterDomain": {"a": CANARY}}}});
        let statement = Statement::of_injector(&map(Value::from(values.to_string())));
        let statement = statement.expect("it is an injector");
        assert_eq!(statement.network.as_deref(), Some("net-a"));
        assert_eq!(statement.cluster.as_deref(), Some("west"));
        assert_eq!(Statement::of_injector(&map(Value::from("no JSON"))), None);
        assert!(Statement::of_injector(&map(Value::from("{}"))).is_some());
    }

    #[test]
    fn arguments_are_read_as_they_were() {
        for args in [
            json!([
                "discovery",
                "--clusterID",
                "w",
                "--domain=a.b",
                "--domain",
                "c.d"
            ]),
            json!(["--domain", "--clusterID=w"]),
            json!(["--clusterID", "--clusterID", "w"]),
            json!(["--domains", "x", "--domain"]),
            json!(["--log", "--domain", "y"]),
        ] {
            let whole: Deployment =
                from_value(json!({"spec": {"selector": {}, "template": {"spec":
                {"containers": [{"name": "discovery", "args": args}]}}}}))
                .expect("it is a Deployment");
            let slim = [whole.clone().slim()];
            let whole = [whole];
            assert_eq!(cluster_ids(&slim), cluster_ids(&whole), "{args}");
            assert_eq!(domain(&slim), domain(&whole), "{args}");
        }
    }
}
