//! Fixes of remote secrets, each run against the secret that lacks it.

use mesh_e2e::plugin::MESH_SECRET;
use mesh_testkit::black_box::World;
use mesh_testkit::istiod::FakeIstiod;
use serde_json::{Value, json};

use crate::shell::{Shell, program};

pub(crate) const NAMESPACE: &str = "istio-system";
pub(crate) const SECRET: &str = "istio-remote-secret-west";

/// East and west with an istiod each.
pub(crate) fn secret_world() -> World {
    let world = World::bare(program(MESH_SECRET));
    for cluster in [&world.east, &world.west] {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        cluster.create(namespace);
        cluster.create(istiod(cluster.name()));
    }
    world.west.service_account_with_token(
        NAMESPACE,
        "istio-reader-service-account",
        "istio-reader-service-account-istio-remote-secret-token",
    );
    world
}

/// A Deployment of istiod that calls its cluster so.
pub(crate) fn istiod(id: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": NAMESPACE, "labels": {"app": "istiod"}},
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {
            "metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "pilot",
                "env": [{"name": "CLUSTER_ID", "value": id}]}]}}}})
}

/// East holds a secret for west that works.
pub(crate) fn mesh() -> Shell {
    let shell = Shell::of(secret_world());
    let line = "create --context west --name west --allow-loopback --into east";
    shell.run(line).expect_success();
    shell
}

const LIST: &str = "list --context east,west --allow-loopback";

pub(crate) fn missing(shape: &str) {
    let shell = mesh();
    let line = "create --context east --name east --allow-loopback --into west";
    shell.run(line).expect_success();
    shell.world.east.delete("secrets", NAMESPACE, SECRET);
    shell.repairs(LIST, shape, |_| {});
}

pub(crate) fn token_without_end(shape: &str) {
    let line = "inspect --context east --allow-loopback";
    mesh().repairs(line, shape, |_| {});
}

pub(crate) fn label_of_a_secret(shape: &str) {
    let shell = mesh();
    shell
        .world
        .east
        .edit("secrets", NAMESPACE, SECRET, |secret| {
            secret["metadata"]["labels"]["istio/multiCluster"] = json!("True");
        });
    let line = format!("inspect {SECRET} --context east --allow-loopback");
    shell.repairs(&line, shape, |_| {});
}

/// The secret for west gives access to east, which holds it.
pub(crate) fn wrong_cluster(shape: &str) {
    let shell = mesh();
    let line = "create --context east --name east --allow-loopback --into west";
    shell.run(line).expect_success();
    let world = &shell.world;
    let of_east = world
        .west
        .get("secrets", NAMESPACE, "istio-remote-secret-east");
    let access = of_east.unwrap()["data"]["east"].clone();
    world.east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["data"]["west"] = access;
    });
    shell.repairs(LIST, shape, |_| {});
}

/// The data key is not what west's istiod calls it.
pub(crate) fn wrong_name(shape: &str) {
    let shell = Shell::of(secret_world());
    let line = "create --context west --name old-west --allow-loopback --into east";
    shell.run(line).expect_success();
    shell.repairs(LIST, shape, |_| {});
}

/// The secret has the same access under another key too.
pub(crate) fn second_key(shape: &str) {
    let shell = mesh();
    let east = &shell.world.east;
    east.edit("secrets", NAMESPACE, SECRET, |secret| {
        secret["data"]["old-west"] = secret["data"]["west"].clone();
    });
    shell.repairs(LIST, shape, |_| {});
}

/// Another secret is for west as well, which istiod does not use.
pub(crate) fn second_secret(shape: &str) {
    let shell = mesh();
    let east = &shell.world.east;
    let istiod = FakeIstiod::start(east, "istiod-1");
    let west = east.get("secrets", NAMESPACE, SECRET).unwrap()["data"]["west"].clone();
    east.create(json!({"apiVersion": "v1", "kind": "Secret", "data": {"west": west},
        "metadata": {"name": "twin", "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}}}));
    shell.repairs(LIST, shape, |_| {});
    let used = istiod.secret_of("west");
    assert_eq!(
        used.as_deref(),
        Some("istio-system/istio-remote-secret-west")
    );
}
