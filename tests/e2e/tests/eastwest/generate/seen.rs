//! A real istiod sees the gateways: with network, address and port, and in ambient mode it runs them itself.

use serde_json::{Value, json};

use super::plugin::printed;
use super::world::{ADDRESS, NODE_ADDRESS, World, world};
use crate::server::kubectl;

/// Gateways of sidecar mode: network, how it is asked for, and the fields that istiod lists of it.
fn gateways() -> [(&'static str, &'static str, Value); 4] {
    [
        (
            "123",
            "",
            json!({"Addr": ADDRESS, "Port": 15443, "HBONEPort": 0}),
        ),
        (
            "by-port",
            "--ports status-port,tls=443",
            json!({"Addr": ADDRESS, "Port": 443}),
        ),
        (
            "by-external-ip",
            "--service-type ClusterIP --external-ip 203.0.113.7",
            json!({"Addr": "203.0.113.7", "Port": 15443}),
        ),
        (
            "by-istiod",
            "--format gateway-api",
            json!({"Addr": ADDRESS, "Port": 15443}),
        ),
    ]
}

#[test]
fn every_network_is_listed_with_address_and_port() {
    let world = world();
    let lines = gateways()
        .map(|(network, line, _)| format!("--name of-{network} --network {network} {line}"));
    apply(world, "listed", lines);
    for (network, _, fields) in gateways() {
        world.lists(network, &fields);
    }
    is_programmed(world, "listed", "of-by-istiod", "of-by-istiod-istio");
}

#[test]
fn nodes_give_a_gateway_its_address_by_an_annotation_alone() {
    let world = world();
    let node_port = "--service-type NodePort";
    apply(
        world,
        "nodes",
        [
            format!("--name unseen --network by-nothing {node_port}"),
            format!(
                "--network by-nodes {node_port} --annotation traffic.istio.io/nodeSelector={{}}"
            ),
        ],
    );
    let service = "/api/v1/namespaces/nodes/services/istio-eastwestgateway";
    let service = world.cluster().get(service).unwrap();
    let ports = service["spec"]["ports"].as_array().unwrap();
    let tls = ports.iter().find(|port| port["port"] == 15443).unwrap();
    world.lists(
        "by-nodes",
        &json!({"Addr": NODE_ADDRESS, "Port": tls["nodePort"]}),
    );
    // It came first.
    let listed = world.cluster().debug("/debug/networkz").unwrap();
    assert!(!listed.contains("by-nothing"), "{listed}");
}

#[test]
fn istiod_runs_the_gateway_of_ambient_mode() {
    let world = world();
    apply(
        world,
        "ambient",
        [
            "--name of-canary --network by-canary --ambient --revision canary",
            "--network by-hbone --ambient",
        ],
    );
    let name = "istio-eastwestgateway";
    let gateway = is_programmed(world, "ambient", name, name);
    assert_eq!(gateway["status"]["addresses"][0]["value"], ADDRESS);
    world.lists("by-hbone", &json!({"Addr": ADDRESS, "HBONEPort": 15008}));
    // It came first, and is for an istiod that is not here.
    let other = world.cluster().get(&path("ambient", "of-canary")).unwrap();
    assert_eq!(condition(&other, "Programmed"), "Unknown", "{other}");
}

/// Applies gateways in a namespace of their own.
fn apply<const N: usize>(world: &World, namespace: &str, lines: [impl AsRef<str>; N]) {
    let namespaced = |line: &str| printed(&format!("{line} -n {namespace}"));
    let manifests = lines.map(|line| namespaced(line.as_ref())).join("---\n");
    let namespace = format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}}}}}");
    kubectl(
        world.cluster(),
        "apply -f -",
        &format!("{namespace}\n---\n{manifests}"),
    );
}

/// Waits until istiod says that it has made a Deployment and a Service of this name of a Gateway.
fn is_programmed(world: &World, namespace: &str, gateway: &str, made: &str) -> Value {
    let programmed = |gateway: &Value| condition(gateway, "Programmed") == "True";
    let cluster = world.cluster();
    let gateway = cluster
        .wait_for(&path(namespace, gateway), programmed)
        .unwrap();
    for (group, kind) in [("apis/apps/v1", "deployments"), ("api/v1", "services")] {
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
