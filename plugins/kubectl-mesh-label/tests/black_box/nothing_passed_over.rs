//! Every read that fails alone, and every cluster that cannot be worked with: what that costs.

use mesh_testkit::black_box::{Asked, costs_itself_alone, each_read_alone};
use mesh_testkit::embedded::Cluster;
use serde_json::json;

use crate::show::agreed_in;
use crate::support::{World, golden_file, service};

/// Both clusters with a Service to label, west with another network in its injector.
fn world() -> World {
    let [east, west] =
        ["east", "west"].map(|name| Cluster::builder(name).gateway_api_crds().start());
    let world = agreed_in(World::of(east, west));
    for cluster in [&world.east, &world.west] {
        cluster.create(service("web"));
    }
    world
}

#[test]
fn each_read_that_fails_alone_costs_what_depends_on_it() {
    let world = world();
    // Something to find for each part.
    world.west.edit("namespaces", "", "istio-system", |space| {
        space["metadata"]["labels"]["topology.istio.io/network"] = json!("net-c");
    });
    for (name, line, is_report) in [
        ("show", "show --context west -o json", true),
        ("network", "network east=net-a west=net-c --dry-run", false),
        (
            "global",
            "global shop/web --context east,west --dry-run",
            false,
        ),
        (
            "control_plane",
            "control-plane east --context east,west --dry-run",
            false,
        ),
    ] {
        let golden = golden_file("nothing_passed_over", name);
        each_read_alone(&golden, &world, &world.west, Asked { line, is_report });
    }
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone() {
    let labelled = |world: &mesh_testkit::black_box::World, key: &str, value: &str| {
        let namespace = world.east.get("namespaces", "", "istio-system").unwrap();
        namespace["metadata"][key].to_string().contains(value)
    };
    costs_itself_alone(world, "show", |_, stdout| stdout.contains("context east"));
    costs_itself_alone(world, "network net-z --overwrite", |world, _| {
        labelled(world, "labels", "net-z")
    });
    costs_itself_alone(world, "control-plane north", |world, _| {
        labelled(world, "annotations", "north")
    });
    costs_itself_alone(world, "global shop/web", |world, _| {
        let web = world.east.get("services", "shop", "web").unwrap();
        web["metadata"]["labels"]["istio.io/global"] == json!("true")
    });
}

#[test]
fn a_cluster_that_is_lost_is_told_of_beside_what_is_wrong_with_another() {
    let mut world = world();
    world.east.stop();
    let output = world.run("network net-z --context east,west").output();
    assert_eq!(output.code, 2, "{}", output.golden());
    for words in ["--overwrite", "context east"] {
        assert!(
            output.stderr.contains(words),
            "{words}: {}",
            output.golden()
        );
    }
}
