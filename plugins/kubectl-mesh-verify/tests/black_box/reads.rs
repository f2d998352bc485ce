//! Every read that fails alone, and every cluster that cannot be worked with: what that costs.

use mesh_testkit::black_box::{Asked, costs_itself_alone, each_read_alone};

use crate::scene::{Scene, golden_file};

#[test]
fn each_read_that_fails_alone_costs_what_depends_on_it() {
    let scene = Scene::healthy();
    // Something to find for each part.
    scene
        .west
        .set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
    let asked = Asked {
        line: "--allow-loopback --context east,west -o json",
        is_report: true,
    };
    each_read_alone(&golden_file("reads", "verify"), &scene, &scene.west, asked);
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone() {
    costs_itself_alone(Scene::healthy, "--allow-loopback", |_, stdout| {
        stdout.contains("east      1.31.0")
    });
}
