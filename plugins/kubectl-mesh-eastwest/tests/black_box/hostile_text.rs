//! Text of a cluster, in Services, Events, addresses and names: none of it steers a terminal, hides, or passes for what the plugin
//! says itself.

use mesh_testkit::black_box::{MARKER, all_text_is_hostile, says_nothing_hostile};
use serde_json::json;

use crate::scene::Scene;

const LINES: [&str; 17] = [
    "status --context east,west -o table",
    "status --context east,west -o wide",
    "status --context east,west -o json",
    "status --context east,west -o yaml",
    "status --context east,west -o name",
    "status --context east,west -o jsonpath={.items}",
    "status --context east,west --no-probes",
    "status --context east,west --no-probes -o wide",
    "status --context east,west -vvv",
    "wait --context east,west --timeout 1s",
    "wait --context east,west --timeout 1s -o json",
    "expose services --from-context west",
    "expose istiod --from-context west",
    "apply --context east,west --dry-run",
    "apply --context west --dry-run -vvv",
    "__complete status --context west -n ",
    "__complete wait --context west -n ",
];

/// West's gateway has no address, and all that is said of it is hostile.
fn scene() -> Scene {
    let scene = Scene::healthy();
    scene.edit_west("services", "istio-eastwestgateway", |service| {
        service["metadata"]["labels"]["topology.istio.io/network"] = json!(MARKER);
        service["metadata"]["annotations"] = json!({"meta.helm.sh/release-name": MARKER,
            "networking.istio.io/traffic-distribution": MARKER});
    });
    scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
        pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False", "reason": MARKER,
            "message": MARKER}]);
    });
    let mut second = scene
        .west
        .get("services", "istio-system", "istio-eastwestgateway")
        .unwrap();
    second["metadata"] = json!({"name": MARKER, "namespace": "istio-system",
        "labels": second["metadata"]["labels"], "annotations": {"a": MARKER}});
    second["spec"]["clusterIP"] = serde_json::Value::Null;
    second["spec"]["clusterIPs"] = serde_json::Value::Null;
    second["status"] =
        json!({"loadBalancer": {"ingress": [{"hostname": format!("{MARKER}.example")}]}});
    scene.west.create_as(MARKER, second);
    for (kind, name) in [
        ("Service", "istio-eastwestgateway"),
        ("Service", MARKER),
        ("Pod", "istio-eastwestgateway-1"),
    ] {
        scene
            .west
            .create(json!({"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": format!("{name}.1"), "namespace": "istio-system"},
            "involvedObject": {"kind": kind, "name": name, "namespace": "istio-system"},
            "type": "Warning", "reason": MARKER, "message": MARKER, "count": 1,
            "lastTimestamp": "2026-01-01T00:00:00Z"}));
    }
    scene
        .west
        .set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
    all_text_is_hostile(&scene);
    scene
}

#[test]
fn nothing_that_is_said_of_a_cluster_steers_hides_or_imitates() {
    let shown = says_nothing_hostile(&scene(), &LINES);
    assert!(shown >= 6, "{shown} show some of it");
}
