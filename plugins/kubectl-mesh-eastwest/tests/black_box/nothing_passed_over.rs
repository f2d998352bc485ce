//! Every read that fails alone, and every cluster that cannot be worked with: what that costs.

use mesh_testkit::black_box::{Asked, costs_itself_alone, each_read_alone};
use serde_json::json;

use crate::apply::Clusters;
use crate::scene::{Scene, golden_file};

/// A healthy scene in which something is to be found of each part of west.
fn scene() -> Scene {
    let scene = Scene::healthy();
    scene.edit_west("services", "istio-eastwestgateway", |service| {
        service["metadata"]["labels"]["topology.istio.io/network"] = json!("net-c");
    });
    scene
}

#[test]
fn each_read_that_fails_alone_costs_what_depends_on_it() {
    let scene = scene();
    for (name, line, is_report) in [
        ("status", "status --context west -o json", true),
        ("wait", "wait --context west --timeout 1s -o json", true),
        ("expose", "expose services --from-context west", false),
        ("expose_istiod", "expose istiod --from-context west", false),
    ] {
        let golden = golden_file("nothing_passed_over", name);
        each_read_alone(&golden, &scene, &scene.west, Asked { line, is_report });
    }
    let clusters = Clusters::new();
    let golden = golden_file("nothing_passed_over", "apply");
    let asked = Asked {
        line: "apply --context east,west --dry-run",
        is_report: false,
    };
    each_read_alone(&golden, &clusters, &clusters.west, asked);
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone() {
    costs_itself_alone(Scene::healthy, "status", |_, stdout| {
        stdout.contains("east")
    });
    costs_itself_alone(Scene::healthy, "wait", |_, stdout| stdout.contains("east"));
    costs_itself_alone(Clusters::new, "apply", |world, _| {
        let gateway = world
            .east
            .get("services", "istio-system", "istio-eastwestgateway");
        gateway.is_some()
    });
}

#[test]
fn a_cluster_that_is_lost_is_told_of_beside_what_is_wrong_with_another() {
    let mut clusters = Clusters::new();
    let kubeconfig = clusters.kubeconfig().context("again", "west", "west");
    clusters.write(&kubeconfig);
    clusters.east.stop();
    let output = clusters.run("apply --context east,west,again").output();
    assert_eq!(output.code, 2, "{}", output.golden());
    for words in [
        "contexts west and again are the same cluster",
        "context east",
    ] {
        assert!(
            output.stderr.contains(words),
            "{words}: {}",
            output.golden()
        );
    }
}
