//! Fixes of labels and of what pods are told, each run against the cluster that disagrees with itself.

use mesh_e2e::plugin::MESH_LABEL;
use mesh_testkit::black_box::World;
use mesh_testkit::embedded::Cluster;
use serde_json::{Value, json};

use crate::shell::Shell;

const NETWORK: &str = "topology.istio.io/network";
const NAMESPACE: &str = "istio-system";
const VIEW: &str = "ISTIO_META_REQUESTED_NETWORK_VIEW";

/// Both clusters, on networks of their own, of which all parts say the same.
fn agreed() -> Shell {
    let shell = Shell::bare(MESH_LABEL);
    fill(&shell.world.east, "net-a");
    fill(&shell.world.west, "net-b");
    shell
}

fn fill(cluster: &Cluster, network: &str) {
    let name = cluster.name();
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {NETWORK: network}}}));
    let values = json!({"global": {"network": network, "multiCluster": {"clusterName": name}}});
    cluster.create(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "istio-sidecar-injector", "namespace": NAMESPACE},
        "data": {"values": values.to_string()}}));
    cluster.create(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "istio-eastwestgateway", "namespace": NAMESPACE, "labels": {NETWORK: network}},
        "spec": {"selector": {"app": "istio-eastwestgateway"}, "ports": [{"port": 15443}]}}));
    let env = json!([
        {"name": "ISTIO_META_NETWORK", "value": network}, {"name": "ISTIO_META_CLUSTER_ID", "value": name},
        {"name": VIEW, "value": network}]);
    for (namespace, app) in [(NAMESPACE, "istio-eastwestgateway"), ("shop", "web")] {
        cluster.create(deployment(namespace, app, &env));
        cluster.create(pod(namespace, app, &env));
    }
}

fn deployment(namespace: &str, app: &str, env: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": app, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": app}}, "template": {"metadata": {"labels": {"app": app}},
            "spec": {"containers": [{"name": "istio-proxy", "image": "i", "env": env}]}}}})
}

/// A pod of that Deployment.
fn pod(namespace: &str, app: &str, env: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{app}-1"), "namespace": namespace,
            "labels": {"app": app, "service.istio.io/canonical-name": app, "pod-template-hash": "5d4"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("{app}-5d4"),
                "uid": "1", "controller": true}]},
        "spec": {"containers": [{"name": "istio-proxy", "image": "i", "env": env}]}})
}

pub(crate) fn network(shape: &str) {
    let shell = agreed();
    shell.run("network --remove").expect_success();
    shell.repairs("show --context east,west", shape, |_| {});
}

/// Its injector, its gateway and its pods know better.
pub(crate) fn network_in_place_of_another(shape: &str) {
    let shell = agreed();
    shell.run("network net-a --overwrite").expect_success();
    shell.repairs("show --context east,west", shape, |_| {});
}

pub(crate) fn network_in_place_of_a_misspelled_label(shape: &str) {
    let shell = Shell::bare(MESH_LABEL);
    shell
        .world
        .west
        .create(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"istio.io/topology-network": "net-b"}}}));
    shell.repairs("show", shape, |_| {});
    let namespace = shell.world.west.get("namespaces", "", NAMESPACE).unwrap();
    assert_eq!(namespace["metadata"]["labels"][NETWORK], "net-b");
}

pub(crate) fn pods(shape: &str) {
    let shell = agreed();
    shell.world.west.edit("pods", "shop", "web-1", |pod| {
        pod["metadata"]["labels"][NETWORK] = json!("net-a");
    });
    shell.repairs("show", shape, |_| {});
}

/// A pod that was injected for another network is made anew, since its Deployment was restarted.
pub(crate) fn restart(shape: &str) {
    let shell = agreed();
    shell.world.west.edit("pods", "shop", "web-1", |pod| {
        pod["spec"]["containers"][0]["env"][0]["value"] = json!("old");
    });
    shell.repairs("show", shape, |world| {
        let template = template(world, "shop", "web");
        let restarted = &template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"];
        assert!(restarted.is_string(), "{template}");
        made_anew(world, "shop", "web");
    });
}

/// The pods are made anew of the template that was changed.
pub(crate) fn view(shape: &str) {
    let shell = agreed();
    let west = &shell.world.west;
    for (resource, name, env) in [
        (
            "deployments",
            "istio-eastwestgateway",
            "/spec/template/spec/containers/0/env/2/value",
        ),
        (
            "pods",
            "istio-eastwestgateway-1",
            "/spec/containers/0/env/2/value",
        ),
    ] {
        west.edit(resource, NAMESPACE, name, |object| {
            *object.pointer_mut(env).unwrap() = json!("old");
        });
    }
    shell.repairs("show", shape, |world| {
        made_anew(world, NAMESPACE, "istio-eastwestgateway");
    });
}

/// The template of a gateway gives its pods a label with another network.
pub(crate) fn label_of_a_template(shape: &str) {
    let shell = agreed();
    let west = &shell.world.west;
    for (resource, name, labels) in [
        (
            "deployments",
            "istio-eastwestgateway",
            "/spec/template/metadata/labels",
        ),
        ("pods", "istio-eastwestgateway-1", "/metadata/labels"),
    ] {
        west.edit(resource, NAMESPACE, name, |object| {
            object.pointer_mut(labels).unwrap()[NETWORK] = json!("net-c");
        });
    }
    west.edit("pods", NAMESPACE, "istio-eastwestgateway-1", |pod| {
        // The proxy takes its network from the label.
        let env = pod.pointer_mut("/spec/containers/0/env").unwrap();
        env.as_array_mut().unwrap().remove(0);
    });
    shell.repairs("show", shape, |world| {
        let labels =
            template(world, NAMESPACE, "istio-eastwestgateway")["metadata"]["labels"].clone();
        world
            .west
            .edit("pods", NAMESPACE, "istio-eastwestgateway-1", |pod| {
                pod["metadata"]["labels"][NETWORK] = labels[NETWORK].clone();
            });
    });
}

fn template(world: &World, namespace: &str, name: &str) -> Value {
    let deployment = world.west.get("deployments", namespace, name).unwrap();
    deployment["spec"]["template"].clone()
}

/// Does what the controller of Deployments does, and the injector with it.
fn made_anew(world: &World, namespace: &str, app: &str) {
    let template = template(world, namespace, app);
    world
        .west
        .edit("pods", namespace, &format!("{app}-1"), |pod| {
            pod["spec"] = template["spec"].clone();
        });
}
