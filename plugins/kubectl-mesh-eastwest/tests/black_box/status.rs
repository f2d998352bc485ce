//! `status` over gateways in every state that their objects or their ports can show.

use std::time::Duration;

use mesh_testkit::black_box::{self, expose, gateway_service};
use mesh_testkit::cases;
use mesh_testkit::command::Run;
use mesh_testkit::embedded::Fault;
use mesh_testkit::gateway::{Door, FakeGateway, MeshAuthority};
use mesh_testkit::pki::CertificateAuthority;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::scene::{Scene, annotated, golden_file, of_type};

const OF_GATEWAY: &str = "spiffe://cluster.local/ns/istio-system/sa/istio-eastwestgateway";

fn check(name: &str, arrange: impl Fn(&mut Scene) -> Run) {
    let golden = golden_file("status", name);
    black_box::check(&golden, Scene::healthy, &arrange);
    let mut scene = Scene::healthy();
    let run = arrange(&mut scene);
    let output = run.output();
    // What a person may paste is not broken, and formats for machines have no width.
    let broken =
        |row: &&str| !row.contains("fix: ") && !row.contains("check: ") && row.chars().count() > 80;
    if !["json", "yaml", "wide", "loopback"].contains(&name) {
        assert_eq!(output.stdout.lines().find(broken), None);
    }
}

cases! { check;
    healthy: |scene| scene.run("status --context east,west");
    wide: |scene| scene.run("status --context east,west -o wide");
    json: |scene| scene.run("status -o json");
    yaml: |scene| scene.run("status -o yaml --no-probes");
    name: |scene| scene.run("status -o name");
    jsonpath: |scene| scene.run("status -o jsonpath={.items[0].gateways[0].addresses[0].value}");
    no_probes: |scene| scene.run("status --no-probes");

    // Who is there.
    one_dead: |scene| { scene.east.stop(); scene.run("status --all-contexts") };
    all_dead: |scene| { scene.east.stop(); scene.west.stop(); scene.run("status --all-contexts") };
    one_cluster_twice: |scene| {
        scene.write(&scene.kubeconfig().context("again", "west", "west"));
        scene.run("status --context west,again")
    };
    may_read_nothing: |scene| {
        for resource in ["namespaces", "pods", "configmaps", "deployments", "services", "gateways"] {
            scene.west.deny("admin", "*", resource);
        }
        scene.run("status")
    };
    may_not_read_gateways: |scene| { scene.west.deny("admin", "*", "gateways"); scene.run("status") };

    // The objects.
    no_gateway: |scene| {
        scene.west.delete("services", "istio-system", "istio-eastwestgateway");
        scene.west.delete("pods", "istio-system", "istio-eastwestgateway-1");
        scene.run("status")
    };
    no_label: |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["metadata"]["labels"].as_object_mut().unwrap().remove("topology.istio.io/network");
        });
        scene.run("status")
    };
    other_name_and_no_label: |scene| {
        let mut service = gateway_service("net-b");
        service["metadata"]["name"] = json!("crossing");
        service["metadata"]["labels"] = json!({});
        scene.west.delete("services", "istio-system", "istio-eastwestgateway");
        scene.west.create(service);
        scene.run("status")
    };
    no_port: |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["spec"]["ports"].as_array_mut().unwrap().remove(1);
        });
        scene.run("status")
    };
    port_label_is_no_number: |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["metadata"]["labels"]["networking.istio.io/gatewayPort"] = json!("https");
        });
        scene.run("status")
    };
    pending: |scene| {
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
        scene.run("status")
    };
    pending_and_warned: |scene| {
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
        event(scene, "Service", "istio-eastwestgateway", "Warning", "SyncLoadBalancerFailed", "1", "an older reason");
        event(scene, "Service", "istio-eastwestgateway", "Warning", "SyncLoadBalancerFailed", "2",
            "Error syncing load balancer:\n  quota of addresses exceeded\u{1b}[31m\u{202e}");
        event(scene, "Service", "istio-eastwestgateway", "Normal", "EnsuringLoadBalancer", "3", "not a warning");
        event(scene, "Service", "another", "Warning", "Failed", "4", "of another Service");
        scene.run("status")
    };
    pending_and_events_forbidden: |scene| {
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
        scene.west.deny("admin", "*", "events");
        scene.run("status")
    };
    no_pods_and_warned: |scene| {
        scene.west.delete("pods", "istio-system", "istio-eastwestgateway-1");
        event(scene, "ReplicaSet", "istio-eastwestgateway-5d4", "Warning", "FailedCreate", "1", "exceeded quota: pods");
        event(scene, "ReplicaSet", "another-5d4", "Warning", "FailedCreate", "2", "of another Deployment");
        scene.run("status --no-probes")
    };
    pod_not_ready_and_warned: |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["status"]["conditions"][0]["status"] = json!("False");
        });
        event(scene, "Pod", "istio-eastwestgateway-1", "Warning", "Unhealthy", "1", "Readiness probe failed: 503");
        scene.run("status --no-probes")
    };
    cluster_ip: |scene| { of_type(scene, "ClusterIP"); scene.run("status") };
    node_port_without_annotation: |scene| { of_type(scene, "NodePort"); scene.run("status") };
    node_port_without_external_ip: |scene| {
        of_type(scene, "NodePort");
        annotated(scene, "{}");
        scene.run("status")
    };
    name_does_not_resolve: |scene| {
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &["gateway.invalid"]);
        scene.run("status")
    };
    private_beside_public: |scene| {
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &["10.1.2.3"]);
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["spec"]["externalIPs"] = json!(["203.0.113.7"]);
        });
        scene.run("status --no-probes")
    };
    loopback: |scene| {
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &["localhost"]);
        scene.run("status --no-probes -o wide")
    };
    same_address: |scene| {
        let address = scene.east_gateway.address();
        scene.west.set_load_balancer("istio-system", "istio-eastwestgateway", &[&address]);
        scene.run("status --context east,west")
    };
    pod_not_ready: |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["status"]["conditions"][0]["status"] = json!("False");
        });
        scene.run("status")
    };
    pod_not_injected: |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["spec"]["containers"][0]["image"] = json!("auto");
        });
        scene.run("status")
    };
    other_network_view: |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["spec"]["containers"][0]["env"] = json!([]);
        });
        scene.run("status")
    };

    // What describes east's gateway is none of west's.
    remote_gateways: |scene| { describes_east(scene, "east"); scene.run("status") };
    remote_gateway_in_its_place: |scene| {
        scene.west.delete("services", "istio-system", "istio-eastwestgateway");
        scene.west.delete("pods", "istio-system", "istio-eastwestgateway-1");
        describes_east(scene, "istio-eastwestgateway");
        scene.run("status")
    };
    outside_of_the_cluster: |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["spec"].as_object_mut().unwrap().remove("selector");
            service["spec"]["ports"].as_array_mut().unwrap().remove(1);
        });
        scene.run("status")
    };

    // Exposure.
    not_exposed: |scene| { unexposed(scene); scene.run("status") };
    exposed_for_other_pods: |scene| {
        exposed(scene, "cross", "AUTO_PASSTHROUGH", "*.local");
        scene.run("status")
    };
    exposed_for_other_hosts: |scene| {
        exposed(scene, "eastwestgateway", "AUTO_PASSTHROUGH", "*.mesh.example");
        scene.run("status")
    };
    exposed_in_another_mode: |scene| {
        exposed(scene, "eastwestgateway", "PASSTHROUGH", "*.local");
        scene.run("status")
    };
    exposed_in_another_namespace: |scene| {
        unexposed(scene);
        let mut object = expose(&json!({"istio": "eastwestgateway"}), "AUTO_PASSTHROUGH", "*.local");
        object["metadata"]["namespace"] = json!("default");
        scene.west.create(object);
        scene.west.edit("deployments", "istio-system", "istiod", |istiod| {
            istiod["spec"]["template"]["spec"]["containers"][0]["env"] =
                json!([{"name": "PILOT_SCOPE_GATEWAY_TO_NAMESPACE", "value": "T"}]);
        });
        scene.run("status")
    };
    gateway_ends_tls: |scene| {
        scene.west.delete("gateways.networking.istio.io", "istio-system", "cross-network-gateway");
        scene.west.create(expose(&json!({"istio": "eastwestgateway"}), "ISTIO_MUTUAL", "*.local"));
        scene.west.create(json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
            "metadata": {"name": "hello", "namespace": "istio-system"},
            "spec": {"hosts": ["*.local"], "gateways": ["cross-network-gateway"]}}));
        scene.west_gateway.open(15443, Door::Mutual(scene.west_mesh.workload(OF_GATEWAY)));
        scene.run("status")
    };
    no_workload: |scene| { scene.west.delete("pods", "default", "hello-1"); scene.run("status") };
    istiod_exposed: |scene| { istiod(scene); scene.run("status") };
    istiod_exposed_and_closed: |scene| {
        istiod(scene);
        scene.west_gateway.open(15012, Door::HangsUp);
        scene.run("status")
    };

    // The ports.
    not_configured: |scene| { scene.west_gateway.open(15021, Door::Ready(503)); scene.run("status") };
    hangs_up: |scene| { scene.west_gateway.open(15443, Door::HangsUp); scene.run("status") };
    mutual_tls_is_off: |scene| {
        scene.west_gateway.open(15443, Door::HangsUp);
        scene.west.create(json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "off", "namespace": "default"}, "spec": {"mtls": {"mode": "DISABLE"}}}));
        scene.run("status")
    };
    mute: |scene| { scene.west_gateway.open(15443, Door::Mute); scene.run("status --timeout 100ms") };
    plaintext: |scene| { scene.west_gateway.open(15443, Door::Plaintext); scene.run("status") };
    certificate_of_the_web: |scene| {
        let web = CertificateAuthority::new("web").server(&["www.example.com"]);
        scene.west_gateway.open(15443, Door::Server(web));
        scene.run("status")
    };
    no_mutual_tls: |scene| {
        let hello = scene.west_mesh.workload("spiffe://cluster.local/ns/default/sa/hello");
        scene.west_gateway.open(15443, Door::Server(hello));
        scene.run("status")
    };
    old_certificate: |scene| {
        let old = MeshAuthority::new().workload("spiffe://cluster.local/ns/default/sa/hello");
        scene.west_gateway.open(15443, Door::Passthrough(old, vec![]));
        scene.run("status --context east,west")
    };
}

/// An Event about an object of west's gateway, seen in that second.
fn event(
    scene: &Scene,
    kind: &str,
    name: &str,
    sort: &str,
    reason: &str,
    second: &str,
    message: &str,
) {
    scene.west.create(json!({"apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{name}.{reason}.{second}").to_lowercase(), "namespace": "istio-system"},
        "involvedObject": {"kind": kind, "name": name, "namespace": "istio-system"},
        "type": sort, "reason": reason, "message": message,
        "lastTimestamp": format!("2026-11-20T00:00:0{second}Z")}));
}

/// Objects in west that stand for east's gateway, as people make them.
fn describes_east(scene: &Scene, name: &str) {
    let meta = |name: &str| {
        json!({"name": name, "namespace": "istio-system",
        "labels": {"topology.istio.io/network": "net-a"}})
    };
    scene.west.create(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": meta(name),
        "spec": {"gatewayClassName": "istio-remote", "addresses": [{"value": "192.0.2.1"}],
            "listeners": [{"name": "cross-network", "port": 15008, "protocol": "HBONE"}]}}));
    scene.west.create(json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(name),
        "spec": {"type": "LoadBalancer", "externalIPs": ["192.0.2.1"], "ports": [{"name": "tls", "port": 15443}]}}));
    scene.west.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("by-name"),
        "spec": {"type": "ExternalName", "externalName": "gateway.east.example"}}),
    );
}

#[test]
fn everything_closed() {
    let mut scene = Scene::healthy();
    let closed = FakeGateway::start();
    scene.west.set_load_balancer(
        "istio-system",
        "istio-eastwestgateway",
        &[&closed.address()],
    );
    let address = closed.address();
    scene.keep(closed, &address, "DEAD.GATEWAY.IP");
    let output = scene.run("status").output();
    assert_data_eq!(
        scene.golden(&output),
        snapbox::Data::read_from(&golden_file("status", "closed"), None)
    );
}

#[test]
fn another_root() {
    let scene = Scene::of(MeshAuthority::new(), MeshAuthority::new());
    let output = scene.run("status --context east,west").output();
    let golden = golden_file("status", "another_root");
    assert_data_eq!(
        scene.golden(&output),
        snapbox::Data::read_from(&golden, None)
    );
}

#[test]
fn a_mesh_of_its_own_has_a_root_of_its_own() {
    let scene = Scene::of(MeshAuthority::new(), MeshAuthority::new());
    scene.edit_west("configmaps", "istio", |map| {
        map["data"]["mesh"] = json!("defaultConfig:\n  meshId: mesh2\n");
    });
    scene
        .run("status --context east,west")
        .output()
        .expect_success();
}

#[test]
fn a_cluster_is_read_in_three_waves_over_one_connection() {
    let scene = Scene::healthy();
    scene
        .west
        .inject(Fault::everywhere().latency(Duration::from_millis(30)));
    scene.run("status").output().expect_success();
    assert_data_eq!(
        scene.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system 200
1 GET /api/v1/namespaces/istio-system/configmaps/istio 200
1 GET /api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert 200
1 GET /api/v1/namespaces/kube-system 200
1 GET /api/v1/pods?labelSelector=istio=eastwestgateway&limit=100 200
1 GET /api/v1/pods?labelSelector=security.istio.io/tlsMode=istio&limit=100 200
1 GET /api/v1/services?fieldSelector=metadata.name=istio-eastwestgateway&limit=500 200
1 GET /api/v1/services?labelSelector=topology.istio.io/network&limit=500 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200
1 GET /apis/gateway.networking.k8s.io/v1/gateways?labelSelector=topology.istio.io/network&limit=500 200
1 GET /apis/networking.istio.io/v1/gateways?limit=500 200
--
1 GET /api/v1/namespaces/default/services?limit=500 200
1 GET /api/v1/namespaces/istio-system/services?limit=500 200
--
1 GET /api/v1/namespaces/istio-system/pods?labelSelector=istio=eastwestgateway&limit=500 200

"#]]
    );
    assert_eq!(scene.west.connections().len(), 1);
}

#[test]
fn every_golden_file_has_its_case() {
    let others = ["closed", "another_root"];
    let strays = black_box::strays(&golden_file("status", "x"), &[NAMES, &others]);
    assert_eq!(strays, std::collections::BTreeSet::new());
}

/// West without anything exposed: a real gateway listens to nothing then.
fn unexposed(scene: &mut Scene) {
    let closed = FakeGateway::start();
    closed.open(15021, Door::Ready(200));
    let address = closed.address();
    scene
        .west
        .set_load_balancer("istio-system", "istio-eastwestgateway", &[&address]);
    scene.keep(closed, &address, "WEST.GATEWAY.IP");
    scene.west.delete(
        "gateways.networking.istio.io",
        "istio-system",
        "cross-network-gateway",
    );
}

fn exposed(scene: &mut Scene, selector: &str, mode: &str, host: &str) {
    unexposed(scene);
    scene
        .west
        .create(expose(&json!({"istio": selector}), mode, host));
}

fn istiod(scene: &Scene) {
    let server = |port: i32| json!({"port": {"number": port, "name": "tls", "protocol": "tls"}, "tls": {"mode": "PASSTHROUGH"}, "hosts": ["*"]});
    scene.west.create(json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "istiod-gateway", "namespace": "istio-system"},
        "spec": {"selector": {"istio": "eastwestgateway"}, "servers": [server(15012), server(15017)]}}));
    let names = ["istiod.istio-system.svc", "istiod-remote.istio-system.svc"];
    for port in [15012, 15017] {
        scene
            .west_gateway
            .open(port, Door::Server(scene.west_mesh.istiod(&names)));
    }
}

#[test]
fn headers_can_be_left_out() {
    let scene = Scene::healthy();
    let words = |line: &str| -> Vec<Vec<String>> {
        let output = scene.run(line).output();
        let lines = output.stdout.lines();
        let words = lines.map(|line| line.split_whitespace().map(str::to_owned).collect());
        words.collect()
    };
    for line in [
        "status --context east,west",
        "status --context east,west -o wide",
        "wait --context east,west",
    ] {
        let with = words(line);
        assert_eq!(with[0][0], "CONTEXT", "{line}");
        assert_eq!(with[1..], words(&format!("{line} --no-headers")), "{line}");
    }
}
