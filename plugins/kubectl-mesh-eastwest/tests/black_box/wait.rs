//! `wait` over gateways of every sort of address: there, arriving, and never to come.

use std::time::Duration;

use mesh_testkit::black_box::{self, Ends, gateway_service};
use mesh_testkit::cases;
use mesh_testkit::command::Running;
use mesh_testkit::embedded::Fault;
use serde_json::{Value, json};

use crate::scene::{Scene, annotated, golden_file, node, of_type};

const SERVICE: &str = "istio-eastwestgateway";

fn check<E: Ends>(name: &str, arrange: impl Fn(&mut Scene) -> E) {
    black_box::check_as_it_is(&golden_file("wait", name), Scene::healthy, arrange);
}

cases! { check;
    // Addresses that are there.
    address: |scene| scene.run("wait --context east,west");
    host_name: |scene| { addresses(scene, &["localhost"]); scene.run("wait --no-probes") };
    external_ips: |scene| {
        of_type(scene, "ClusterIP");
        scene.edit_west("services", SERVICE, |service| service["spec"]["externalIPs"] = json!(["192.0.2.7"]));
        scene.run("wait --no-probes")
    };
    node_port: |scene| {
        of_type(scene, "NodePort");
        annotated(scene, "{}");
        scene.west.create(node("192.0.2.8"));
        scene.run("wait --no-probes -o wide")
    };
    json: |scene| scene.run("wait -o json --no-probes");
    name: |scene| scene.run("wait -o name");
    jsonpath: |scene| scene.run("wait -o jsonpath={.items[0].gateways[0].addresses[0].value}");
    one_of_several: |scene| {
        let mut other = gateway_service("net-b");
        other["metadata"]["name"] = json!("crossing");
        scene.west.create(other);
        scene.run("wait --name istio-eastwestgateway")
    };
    one_without_a_label: |scene| {
        let mut other = gateway_service("net-b");
        other["metadata"]["name"] = json!("crossing");
        other["metadata"]["labels"] = json!({});
        other["spec"]["selector"] = json!({"istio": "crossing"});
        scene.west.create(other);
        scene.west.set_load_balancer("istio-system", "crossing", &["192.0.2.9"]);
        scene.run("wait --name crossing --no-probes")
    };

    // Addresses that arrive.
    address_arrives: |scene| {
        addresses(scene, &[]);
        let running = waiting(scene, "wait --context east,west", "has no address yet");
        addresses(scene, &[&scene.west_gateway.address()]);
        running
    };
    host_name_arrives: |scene| {
        addresses(scene, &["gateway.invalid"]);
        let running = waiting(scene, "wait --no-probes", "no address that resolves from here");
        addresses(scene, &["localhost"]);
        running
    };
    annotation_arrives: |scene| {
        of_type(scene, "NodePort");
        scene.west.create(node("192.0.2.8"));
        let running = waiting(scene, "wait --no-probes", "has no address yet");
        annotated(scene, "{}");
        running
    };
    node_arrives: |scene| {
        of_type(scene, "NodePort");
        annotated(scene, "{}");
        let running = waiting(scene, "wait --no-probes", "has no address yet");
        scene.west.create(node("192.0.2.8"));
        running
    };
    gateway_arrives: |scene| {
        scene.west.delete("services", "istio-system", SERVICE);
        let running = waiting(scene, "wait", "no gateway yet");
        scene.west.create(gateway_service("net-b"));
        addresses(scene, &[&scene.west_gateway.address()]);
        running
    };
    ambient_arrives: |scene| {
        scene.west.delete("services", "istio-system", SERVICE);
        scene.west.create(ambient_gateway());
        let running = waiting(scene, "wait --no-probes", "has no address yet");
        programmed(scene);
        running
    };
    ambient_with_its_service_arrives: |scene| {
        scene.edit_west("services", SERVICE, |service| {
            service["metadata"]["labels"] = json!({"gateway.networking.k8s.io/gateway-name": SERVICE});
        });
        addresses(scene, &[]);
        scene.west.create(ambient_gateway());
        let running = waiting(scene, "wait --no-probes", "has no address yet");
        programmed(scene);
        running
    };
    server_is_away_meanwhile: |scene| {
        addresses(scene, &[]);
        let running = waiting(scene, "wait", "has no address yet");
        scene.west.inject(Fault::everywhere().unavailable(1).times(3));
        scene.west.drop_connections();
        addresses(scene, &[&scene.west_gateway.address()]);
        running
    };

    // Addresses that never come.
    pending: |scene| { addresses(scene, &[]); scene.run("wait --context east,west --timeout 1s") };
    pending_at_once: |scene| { addresses(scene, &[]); scene.run("wait --timeout 0") };
    pending_for_scripts: |scene| { addresses(scene, &[]); scene.run("wait --timeout 0 -o name") };
    host_name_unresolved: |scene| { addresses(scene, &["gateway.invalid"]); scene.run("wait --timeout 700ms") };
    node_port_without_annotation: |scene| { of_type(scene, "NodePort"); scene.run("wait --timeout 1s") };
    node_port_without_external_ip: |scene| {
        of_type(scene, "NodePort");
        annotated(scene, "{}");
        scene.run("wait --timeout 700ms")
    };
    no_gateway: |scene| {
        scene.west.delete("services", "istio-system", SERVICE);
        scene.west.delete("pods", "istio-system", "istio-eastwestgateway-1");
        scene.run("wait --timeout 700ms")
    };
    no_gateway_of_that_name: |scene| scene.run("wait --timeout 0 --name crossing");

    // Clusters that are not there.
    one_dead: |scene| { scene.east.stop(); scene.run("wait --context east,west") };
    one_dead_and_one_pending: |scene| {
        scene.east.stop();
        addresses(scene, &[]);
        scene.run("wait --all-contexts --timeout 1s")
    };
    one_cluster_twice: |scene| {
        scene.write(&scene.kubeconfig().context("again", "west", "west"));
        scene.run("wait --context west,again")
    };
    dies_meanwhile: |scene| {
        addresses(scene, &[]);
        let running = waiting(scene, "wait --context east,west --timeout 5s", "has no address yet");
        scene.west.stop();
        running
    };
    may_not_read_services: |scene| { scene.west.deny("admin", "list", "services"); scene.run("wait") };
    may_not_watch_services: |scene| {
        addresses(scene, &[]);
        scene.west.deny("admin", "watch", "services");
        scene.run("wait")
    };
    ctrl_c_while_waiting: |scene| {
        addresses(scene, &[]);
        let running = waiting(scene, "wait", "has no address yet");
        running.interrupt();
        running
    };
    timeout_is_none: |scene| scene.run("wait --timeout soon");
}

#[test]
fn what_a_balancer_gives_is_awaited_by_one_watch() {
    let scene = Scene::healthy();
    addresses(&scene, &[]);
    scene
        .west
        .inject(Fault::everywhere().latency(Duration::from_millis(30)));
    let running = waiting(&scene, "wait", "has no address yet");
    mesh_testkit::condition::wait_until(Duration::from_secs(20), || {
        let requests = scene.west.requests();
        let is_watched = requests.iter().any(|one| one.path.contains("watch=true"));
        is_watched.then_some(())
    })
    .unwrap();
    addresses(&scene, &[&scene.west_gateway.address()]);
    running.end().expect_success();
    let requests = scene.west.rendered_requests();
    let watches = requests.lines().filter(|line| line.contains("watch=true"));
    let watches: Vec<&str> = watches.collect();
    assert_eq!(watches.len(), 1, "{requests}");
    assert!(watches[0].contains("fieldSelector=metadata.name=istio-eastwestgateway"));
    // Two looks, as the one of `status`.
    assert_eq!(scene.west.requests().len(), 2 * 14 + 1, "{requests}");
    assert_eq!(scene.west.connections().len(), 1);
}

#[test]
fn every_golden_file_has_its_case() {
    let strays = black_box::strays(&golden_file("wait", "x"), &[NAMES]);
    assert_eq!(strays, std::collections::BTreeSet::new());
}

/// The plugin once it has said this.
fn waiting(scene: &Scene, line: &str, said: &str) -> Running {
    let running = scene.run(line).spawn();
    running.wait_for_stderr(said);
    running
}

fn addresses(scene: &Scene, addresses: &[&str]) {
    scene
        .west
        .set_load_balancer("istio-system", SERVICE, addresses);
}

fn ambient_gateway() -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": SERVICE, "namespace": "istio-system", "labels": {"topology.istio.io/network": "net-b"}},
        "spec": {"gatewayClassName": "istio-east-west", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE",
            "tls": {"mode": "Terminate", "options": {"gateway.istio.io/tls-terminate-mode": "ISTIO_MUTUAL"}}}]}})
}

/// Gives it an address, as istiod does.
fn programmed(scene: &Scene) {
    scene.edit_west("gateways.gateway.networking.k8s.io", SERVICE, |gateway| {
        gateway["status"] = json!({"addresses": [{"type": "IPAddress", "value": "192.0.2.10"}]});
    });
}
