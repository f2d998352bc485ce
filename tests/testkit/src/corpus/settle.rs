//! The reaction of Kubernetes' controllers and of Istio to a change of the clusters of a case, as far as the verification sees it.
//!
//! Embedded clusters have no controllers. What these do is described at
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/> and in `pkg/kube/inject` of Istio.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::known::{networkz, syncz};
use super::load::{Loaded, NAMESPACE};
use super::objects::{Clusters, istiods};
use super::patch::{called, merge};
use crate::embedded::Cluster;
use crate::istiod::FakeIstiod;

/// The `ConfigMap` with the root certificate.
const ROOT: &str = "istio-ca-root-cert";
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";
const REVISION: &str = "istio.io/rev";
/// The address that a new load balancer gets.
const NEW_ADDRESS: &str = "203.0.113.77";

impl Loaded {
    /// Gives new Services of type `LoadBalancer` an address, replaces the pods of Deployments whose template changed, restarts
    /// istiods where that was asked for, and lets all istiods know the gateways and proxies that there are now.
    pub fn settle(&self) {
        let mut restarted = Vec::new();
        for cluster in self.clusters() {
            let before = &self.data.objects[cluster.name()];
            for object in cluster.objects() {
                let old = before.iter().find(|one| called(one) == called(&object));
                if old.is_none() && object["spec"]["type"] == "LoadBalancer" {
                    cluster.set_load_balancer(
                        NAMESPACE,
                        text(&object["metadata"]["name"]),
                        &[NEW_ADDRESS],
                    );
                }
                if object["kind"] == "Deployment" && is_changed(old, &object) {
                    if object["metadata"]["labels"]["app"] == "istiod" {
                        restarted.push(cluster.name());
                    } else {
                        replace_pods(cluster, &object);
                    }
                }
            }
        }
        for context in &restarted {
            give_out_root(self.cluster(context));
        }
        self.tell_istiods(&restarted);
        self.give_roots_to_remotes();
    }

    /// Lets istiods write the root of their authority into the clusters without an istiod that they read.
    fn give_roots_to_remotes(&self) {
        let now = self.now();
        for (holder, remote, _) in &now.secrets {
            let has_istiod = istiods(&now.objects[remote]).next().is_some();
            let remote = self.cluster(remote);
            let missing = remote.get("configmaps", NAMESPACE, ROOT).is_none();
            let Some(mut root) = self.cluster(holder).get("configmaps", NAMESPACE, ROOT) else {
                continue;
            };
            if missing && !has_istiod {
                root["metadata"] = json!({"name": ROOT, "namespace": NAMESPACE});
                remote.create(root);
            }
        }
    }

    fn tell_istiods(&self, restarted: &[&str]) {
        let now = self.now();
        for running in &*self.istiods.borrow() {
            let cluster = self.cluster(&running.context);
            let istiod = FakeIstiod::again(cluster, &running.istiod);
            let is_new = restarted.contains(&running.context.as_str());
            if is_new {
                istiod.heal();
                istiod.restart();
            }
            for (page, content) in [
                ("networkz", networkz(&running.context, &now)),
                ("syncz", syncz(&running.context, &now)),
            ] {
                if is_new || !running.pages.contains_key(page) {
                    istiod.page(&format!("/debug/{page}"), self.page(&content));
                }
            }
        }
    }

    /// The clusters as they are now.
    fn now(&self) -> Clusters {
        let objects: BTreeMap<String, Vec<Value>> = self
            .clusters()
            .map(|cluster| (cluster.name().to_owned(), cluster.objects()))
            .collect();
        let mut secrets = Vec::new();
        for (holder, objects) in &objects {
            for object in objects.iter().filter(|object| object["kind"] == "Secret") {
                let name = called(object);
                let ids = object["data"]
                    .as_object()
                    .into_iter()
                    .flat_map(|data| data.keys());
                let by_id = |id: &String| {
                    let mut all = self.data.variables.iter();
                    all.find(|(_, own)| own["id"] == *id)
                        .map(|(context, _)| context)
                };
                let known = self.data.secrets.iter();
                let mut known = known.filter(|one| one.0 == *holder && one.2 == name);
                let remote = known
                    .next()
                    .map(|one| &one.1)
                    .or_else(|| ids.into_iter().find_map(by_id));
                secrets.extend(remote.map(|remote| (holder.clone(), remote.clone(), name.clone())));
            }
        }
        Clusters {
            variables: self.data.variables.clone(),
            objects,
            secrets,
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns whether a Deployment has another template than at the start, other than by what a server fills in.
fn is_changed(old: Option<&Value>, new: &Value) -> bool {
    let of = |object: &Value| {
        let template = &object["spec"]["template"];
        let mut labels = template["metadata"]["labels"].clone();
        if labels.is_null() {
            labels = json!({});
        }
        (labels, template["spec"]["containers"][0]["env"].clone())
    };
    let is_restarted = !new["spec"]["template"]["metadata"]["annotations"][RESTARTED].is_null();
    is_restarted || old.is_none_or(|old| of(old) != of(new))
}

/// Puts pods of the template in place of those of a Deployment, as the injector completes them.
fn replace_pods(cluster: &Cluster, deployment: &Value) {
    let namespace = text(&deployment["metadata"]["namespace"]);
    let wanted = deployment["spec"]["selector"]["matchLabels"].as_object();
    let wanted = wanted.expect("a Deployment has a selector");
    let template = &deployment["spec"]["template"];
    let is_own = |object: &&Value| {
        let meta = &object["metadata"];
        let mut labels = wanted.iter();
        object["kind"] == "Pod"
            && meta["namespace"] == namespace
            && labels.all(|(key, value)| meta["labels"][key] == *value)
    };
    let objects = cluster.objects();
    let mut pods: Vec<Value> = objects.iter().filter(is_own).cloned().collect();
    if pods.is_empty() {
        let name = format!("{}-1", text(&deployment["metadata"]["name"]));
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": {}});
        cluster.create(pod.clone());
        pods.push(pod);
    }
    let network = objects
        .iter()
        .find(|object| called(object) == format!("Namespace {NAMESPACE}"));
    let network = network.map(|one| one["metadata"]["labels"]["topology.istio.io/network"].clone());
    for pod in pods {
        let name = text(&pod["metadata"]["name"]);
        cluster.edit("pods", namespace, name, |pod| {
            merge(&mut pod["metadata"]["labels"], &template["metadata"]["labels"]);
            pod["metadata"]["annotations"] = template["metadata"]["annotations"].clone();
            merge(&mut pod["spec"], &template["spec"]);
            inject(pod, network.as_ref());
            pod["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
                "podIPs": pod["status"]["podIPs"].as_array().cloned().unwrap_or_else(|| vec![json!({"ip": "10.9.0.9"})])});
        });
    }
}

/// Completes the proxy of a pod.
fn inject(pod: &mut Value, network: Option<&Value>) {
    let revision = text(&pod["metadata"]["labels"][REVISION]).to_owned();
    let istiod = match revision.as_str() {
        "" | "default" => "istiod".to_owned(),
        revision => format!("istiod-{revision}"),
    };
    let containers = pod["spec"]["containers"].as_array_mut();
    for container in containers.into_iter().flatten() {
        if container["image"] != "auto" {
            continue;
        }
        container["image"] = "istio/proxyv2:1.31.0".into();
        let by_injector = json!([
            {"name": "CA_ADDR", "value": format!("{istiod}.{NAMESPACE}.svc:15012")},
            {"name": "ISTIO_META_NETWORK", "value": network},
        ]);
        let mut env = container["env"].take();
        merge(&mut env, &by_injector);
        container["env"] = env;
    }
}

/// Lets an istiod that has just started write the root of its authority into the namespaces.
fn give_out_root(cluster: &Cluster) {
    let Some(secret) = cluster.get("secrets", NAMESPACE, "cacerts") else {
        return;
    };
    let root = BASE64_STANDARD.decode(text(&secret["data"]["root-cert.pem"]));
    let Ok(Ok(root)) = root.map(String::from_utf8) else {
        return;
    };
    for object in cluster.objects() {
        let meta = &object["metadata"];
        if object["kind"] == "ConfigMap" && meta["name"] == ROOT {
            let namespace = text(&meta["namespace"]);
            cluster.edit("configmaps", namespace, ROOT, |map| {
                map["data"]["root-cert.pem"] = root.clone().into();
            });
        }
    }
}
