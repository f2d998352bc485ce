//! A real istiod sees the gateways: with network, address and port, and in ambient mode it runs them itself.

use serde_json::{Value, json};

use super::world::{ADDRESS, World, world};

fn apply(world: &World, line: &str) {
    world.run(&format!(
        "kubectl mesh-eastwest generate {line} | kubectl apply -f -"
    ));
}

fn create_namespace(world: &World, name: &str) {
    world.run(&format!("kubectl create namespace {name}"));
}

#[test]
fn every_network_is_listed_with_address_and_port() {
    let world = world();
    create_namespace(world, "listed");
    apply(world, "-n listed --name one --network 123");
    apply(
        world,
        "-n listed --name two --network by-port --ports status-port,tls=443",
    );
    apply(
        world,
        "-n listed --name three --network by-external-ip --service-type ClusterIP --external-ip 203.0.113.7",
    );
    apply(
        world,
        "-n listed --name four --network by-istiod --format gateway-api",
    );
    world.lists(
        "123",
        &json!({"Addr": ADDRESS, "Port": 15443, "HBONEPort": 0}),
    );
    world.lists("by-port", &json!({"Addr": ADDRESS, "Port": 443}));
    world.lists(
        "by-external-ip",
        &json!({"Addr": "203.0.113.7", "Port": 15443}),
    );
    world.lists("by-istiod", &json!({"Addr": ADDRESS, "Port": 15443}));
    is_programmed(world, "listed", "four", "four-istio");
}

#[test]
fn istiod_runs_the_gateway_of_ambient_mode() {
    let world = world();
    create_namespace(world, "ambient");
    apply(
        world,
        "-n ambient --name of-canary --network by-canary --ambient --revision canary",
    );
    apply(world, "-n ambient --network by-hbone --ambient");
    let gateway = is_programmed(
        world,
        "ambient",
        "istio-eastwestgateway",
        "istio-eastwestgateway",
    );
    assert_eq!(gateway["status"]["addresses"][0]["value"], ADDRESS);
    world.lists("by-hbone", &json!({"Addr": ADDRESS, "HBONEPort": 15008}));
    // It came first, and is for an istiod that is not here.
    let other = world.cluster().get(&path("ambient", "of-canary")).unwrap();
    assert_eq!(condition(&other, "Programmed"), "Unknown", "{other}");
}

/// Waits until istiod says that it has made a Deployment and a Service of this name of a Gateway.
fn is_programmed(world: &World, namespace: &str, gateway: &str, made: &str) -> Value {
    let programmed = |gateway: &Value| condition(gateway, "Programmed") == "True";
    let cluster = world.cluster();
    let gateway = cluster
        .wait_for(&path(namespace, gateway), programmed)
        .unwrap();
    for kind in ["apis/apps/v1", "api/v1"]
        .into_iter()
        .zip(["deployments", "services"])
    {
        let (group, kind) = kind;
        let path = format!("/{group}/namespaces/{namespace}/{kind}/{made}");
        let made = cluster.get(&path).unwrap();
        let owner = &made["metadata"]["ownerReferences"][0]["uid"];
        assert_eq!(owner, &gateway["metadata"]["uid"], "{made}");
    }
    gateway
}

fn path(namespace: &str, gateway: &str) -> String {
    format!("/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways/{gateway}")
}

fn condition<'a>(gateway: &'a Value, kind: &str) -> &'a str {
    let conditions = gateway["status"]["conditions"].as_array();
    let of_kind = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == kind);
    of_kind
        .and_then(|condition| condition["status"].as_str())
        .unwrap_or_default()
}
