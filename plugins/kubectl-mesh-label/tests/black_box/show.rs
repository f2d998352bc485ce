//! `show` over clusters whose parts agree, disagree, cannot be read or are the same one twice.

use std::time::Duration;

use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq, str};

use crate::support::{World, golden_file, namespace};

const NETWORK: &str = "topology.istio.io/network";

/// Fills a cluster with parts that all say this network and the cluster's own name.
pub(crate) fn fill(cluster: &Cluster, network: &str) {
    let name = cluster.name();
    cluster.create(namespace(&json!({NETWORK: network})));
    cluster.create(istiod(name));
    cluster.create(injector(network, name));
    cluster.create(gateway(network));
    cluster.create(pod(
        "istio-system",
        "eastwest-1",
        "istio-eastwestgateway",
        network,
        name,
        Some(network),
    ));
    cluster.create(ztunnel(network, name));
    for number in 1..=2 {
        cluster.create(pod(
            "shop",
            &format!("web-{number}"),
            "web",
            network,
            name,
            None,
        ));
    }
}

fn istiod(cluster: &str) -> Value {
    workload(
        "Deployment",
        "istiod",
        &json!({"app": "istiod"}),
        &json!([{"name": "CLUSTER_ID", "value": cluster}]),
    )
}

fn ztunnel(network: &str, cluster: &str) -> Value {
    let env = json!([{"name": "NETWORK", "value": network}, {"name": "ISTIO_META_CLUSTER_ID", "value": cluster}]);
    workload(
        "DaemonSet",
        "ztunnel",
        &json!({"app.kubernetes.io/name": "ztunnel"}),
        &env,
    )
}

fn workload(kind: &str, name: &str, labels: &Value, env: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": "i", "env": env}]}}}})
}

fn injector(network: &str, cluster: &str) -> Value {
    let values = json!({"global": {"network": network, "multiCluster": {"clusterName": cluster}}});
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "istio-sidecar-injector", "namespace": "istio-system"},
        "data": {"values": values.to_string()}})
}

fn gateway(network: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "istio-eastwestgateway", "namespace": "istio-system", "labels": {NETWORK: network}},
        "spec": {"selector": {"app": "istio-eastwestgateway"}, "ports": [{"port": 15443}]}})
}

fn pod(
    space: &str,
    name: &str,
    app: &str,
    network: &str,
    cluster: &str,
    view: Option<&str>,
) -> Value {
    let mut env = vec![
        json!({"name": "ISTIO_META_NETWORK", "value": network}),
        json!({"name": "ISTIO_META_CLUSTER_ID", "value": cluster}),
    ];
    env.extend(
        view.map(|view| json!({"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": view})),
    );
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": space, "labels": {"app": app, "service.istio.io/canonical-name": app}},
        "spec": {"containers": [{"name": "istio-proxy", "image": "i", "env": env}]}})
}

/// Both clusters, on networks of their own.
fn agreed() -> World {
    agreed_in(World::bare())
}

/// The same in these clusters.
pub(crate) fn agreed_in(world: World) -> World {
    fill(&world.east, "net-a");
    fill(&world.west, "net-b");
    world
}

fn check(name: &str, world: &World, line: &str) {
    let output = world.run(line).output();
    let golden = golden_file("show", name);
    assert_data_eq!(world.golden(&output), Data::read_from(&golden, None));
    if line.contains("-o") {
        return;
    }
    for row in output
        .stdout
        .lines()
        .filter(|row| !row.contains("fix: ") && !row.contains("check: "))
    {
        assert!(row.chars().count() <= 80, "more than 80 columns: {row}");
    }
}

#[test]
fn agreement() {
    check("agreement", &agreed(), "show --context east,west");
}

#[test]
fn formats() {
    for format in [
        "json",
        "yaml",
        "name",
        "wide",
        "jsonpath={.items[*].network}",
    ] {
        let name = format.split('=').next().unwrap();
        check(name, &agreed(), &format!("show -o {format}"));
    }
}

#[test]
fn drift() {
    check("drift", &drifted(), "show");
}

/// Every part of west says something else.
pub(crate) fn drifted() -> World {
    let world = agreed();
    let west = &world.west;
    for (resource, space, name) in [
        ("configmaps", "istio-system", "istio-sidecar-injector"),
        ("services", "istio-system", "istio-eastwestgateway"),
        ("pods", "istio-system", "eastwest-1"),
        ("daemonsets", "istio-system", "ztunnel"),
        ("pods", "shop", "web-2"),
    ] {
        west.delete(resource, space, name);
    }
    west.create(injector("Net-B", "west"));
    west.create(gateway("net-c"));
    west.create(pod(
        "istio-system",
        "eastwest-1",
        "istio-eastwestgateway",
        "net-b",
        "west",
        None,
    ));
    west.create(ztunnel("", "Kubernetes"));
    west.create(pod("shop", "web-2", "web", "old", "east", None));
    world
}

#[test]
fn drift_that_helm_the_gateway_api_and_deployments_mend() {
    check("commands", &drifted_by_tools(), "show --context west");
}

/// Every part of west was installed by a tool of its own, and says something else.
pub(crate) fn drifted_by_tools() -> World {
    let world = World::of(
        Cluster::start("east"),
        Cluster::builder("west").gateway_api_crds().start(),
    );
    let west = &world.west;
    fill(west, "net-b");
    west.create(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "ambient", "namespace": "istio-system", "labels": {NETWORK: "net-c"}},
        "spec": {"gatewayClassName": "istio-east-west", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}}));
    west.edit("configmaps", "istio-system", "istio-sidecar-injector", |map| {
        let values = injector("other", "east")["data"].clone();
        map["data"] = values;
        map["metadata"]["labels"] = json!({"helm.sh/chart": "istiod-1.31.0"});
        map["metadata"]["annotations"] = json!({
            "meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "istio-system"});
    });
    let owned = |pod: &mut Value, kind: &str, owner: &str| {
        pod["metadata"]["labels"]["pod-template-hash"] = json!("5d4");
        pod["metadata"]["ownerReferences"] = json!([
            {"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": "1", "controller": true}]);
    };
    west.edit("pods", "istio-system", "eastwest-1", |pod| {
        owned(pod, "ReplicaSet", "istio-eastwestgateway-5d4");
        pod["spec"]["containers"][0]["env"][2]["value"] = json!("old");
    });
    west.edit("pods", "shop", "web-1", |pod| {
        pod["metadata"]["labels"][NETWORK] = json!("net-a");
    });
    west.edit("pods", "shop", "web-2", |pod| {
        owned(pod, "StatefulSet", "web");
        pod["spec"]["containers"][0]["env"][0]["value"] = json!("old");
    });
    world
}

/// A Gateway, a Service without pods and a name, all in west, that describe east's gateway and carry its network.
#[test]
fn what_describes_the_gateway_of_another_cluster_says_nothing_of_this_one() {
    let world = World::of(
        Cluster::start("east"),
        Cluster::builder("west").gateway_api_crds().start(),
    );
    let west = &world.west;
    fill(west, "net-b");
    let meta = |name: &str| json!({"name": name, "namespace": "istio-system", "labels": {NETWORK: "net-a"}});
    west.create(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": meta("east"),
        "spec": {"gatewayClassName": "istio-remote", "addresses": [{"value": "192.0.2.1"}],
            "listeners": [{"name": "cross-network", "port": 15008, "protocol": "HBONE"}]}}));
    for (name, spec) in [
        (
            "east-by-address",
            json!({"type": "LoadBalancer", "externalIPs": ["192.0.2.1"], "ports": [{"port": 15443}]}),
        ),
        (
            "east-by-name",
            json!({"type": "ExternalName", "externalName": "gateway.east.example"}),
        ),
    ] {
        west.create(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(name), "spec": spec}),
        );
    }
    check("remote", &world, "show --context west");
}

/// Somebody gave west east's network; its injector, gateway and pods know better.
#[test]
fn a_wrong_label_of_the_namespace_alone_is_changed_back_by_its_fix() {
    let world = agreed();
    let mislabelled = world.run("network net-a --overwrite").output();
    mislabelled.expect_success();
    check("namespace_wrong", &world, "show --context east,west");
    let shown = world.run("show -o json").output();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let findings = shown["items"][0]["findings"].as_array().unwrap();
    let [finding] = &findings[..] else {
        panic!("one finding, not {findings:?}");
    };
    let fix = finding["fix"].as_str().unwrap();
    let words = fix.strip_prefix("kubectl mesh-label ").unwrap();
    world.run(words).output().expect_success();
    world
        .run("show --context east,west")
        .output()
        .expect_success();
}

#[test]
fn a_tie_is_a_step_and_no_command() {
    check("tie", &tied(), "show");
}

/// No name of a network or of the cluster is held by more parts than another.
pub(crate) fn tied() -> World {
    let world = World::bare();
    let west = &world.west;
    west.create(namespace(&json!({NETWORK: "net-a"})));
    west.create(istiod("west"));
    west.create(injector("net-b", "east"));
    west.create(pod("shop", "web-1", "web", "", "east", None));
    west.edit(
        "configmaps",
        "istio-system",
        "istio-sidecar-injector",
        |map| {
            map["data"] = injector("net-b", "")["data"].clone();
        },
    );
    world
}

#[test]
fn a_missing_label_matters_among_several_networks() {
    let world = agreed();
    let run = world.run("network --remove").output();
    run.expect_success();
    check("label_missing", &world, "show --context east,west");
    check("label_missing_alone", &world, "show -o wide");
}

#[test]
fn a_misspelled_label_is_named() {
    let world = World::bare();
    world
        .west
        .create(namespace(&json!({"istio.io/topology-network": "net-b"})));
    check("misspelled", &world, "show");
}

#[test]
fn one_cluster_twice_and_a_dead_one() {
    let mut world = agreed();
    world.write(&world.kubeconfig().context("again", "west", "west"));
    world.east.stop();
    check("dead", &world, "show --all-contexts");
}

#[test]
fn a_cluster_without_istio() {
    check("empty", &World::bare(), "show");
}

#[test]
fn a_cluster_is_read_in_two_waves() {
    let world = agreed();
    world
        .west
        .inject(Fault::everywhere().latency(Duration::from_millis(30)));
    world.run("show").output().expect_success();
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system 200
1 GET /api/v1/namespaces/istio-system/configmaps?limit=500 200
1 GET /api/v1/namespaces/kube-system 200
1 GET /api/v1/pods?labelSelector=service.istio.io/canonical-name&limit=100 200
1 GET /api/v1/services?labelSelector=topology.istio.io/network&limit=500 200
1 GET /apis/apps/v1/daemonsets?labelSelector=app.kubernetes.io/name=ztunnel&limit=500 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200
1 GET /apis/gateway.networking.k8s.io/v1/gateways?labelSelector=topology.istio.io/network&limit=500 404
--
1 GET /api/v1/namespaces/istio-system/pods?labelSelector=app=istio-eastwestgateway&limit=500 200

"#]]
    );
    assert_eq!(world.west.connections().len(), 1);
}

#[test]
fn headers_can_be_left_out() {
    let world = agreed();
    let words = |line: &str| -> Vec<Vec<String>> {
        let output = world.run(line).output();
        let lines = output.stdout.lines();
        let words = lines.map(|line| line.split_whitespace().map(str::to_owned).collect());
        words.collect()
    };
    let mut with = words("show --context east,west");
    let before = with.len();
    with.retain(|line| line.first().is_none_or(|word| word != "PART"));
    assert_eq!(before - with.len(), 2);
    assert_eq!(words("show --context east,west --no-headers"), with);
}
