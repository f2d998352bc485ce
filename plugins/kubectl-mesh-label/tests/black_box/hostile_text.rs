//! Text of a cluster, in labels, annotations, names, environments and managers: none of it steers a terminal, hides, or passes
//! for what the plugin says itself.

use mesh_testkit::black_box::{MARKER, all_text_is_hostile, says_nothing_hostile};
use mesh_testkit::embedded::Cluster;
use serde_json::json;

use crate::show::fill;
use crate::support::{World, service};

const LINES: [&str; 15] = [
    "show --context east,west -o table",
    "show --context east,west -o wide",
    "show --context east,west -o json",
    "show --context east,west -o yaml",
    "show --context east,west -o name",
    "show --context east,west -o jsonpath={.items}",
    "show --context east,west -vvv",
    "network net-z --context east,west --dry-run",
    "network net-z --context east,west --dry-run --overwrite",
    "global shop/web --context east,west --dry-run",
    "global zz9marker/zz9marker --context east,west --dry-run",
    "control-plane north --context east,west --dry-run",
    "control-plane north --context east,west --dry-run --overwrite",
    "__complete show --context east -n z",
    "__complete global --context east z",
];

/// East's parts are hostile in all that they say, and its objects belong to managers of hostile names.
fn world() -> World {
    let [east, west] =
        [MARKER, "west"].map(|name| Cluster::builder(name).gateway_api_crds().start());
    let world = World::of(east, west);
    fill(&world.east, MARKER);
    fill(&world.west, "net-b");
    for cluster in [&world.east, &world.west] {
        let mut web = service("web");
        web["metadata"]["labels"] =
            json!({"topology.istio.io/network": MARKER, "istio.io/global": MARKER});
        web["metadata"]["annotations"] = json!({"topology.istio.io/controlPlaneClusters": MARKER});
        cluster.create_as(MARKER, web);
        cluster.edit("namespaces", "", "istio-system", |space| {
            space["metadata"]["annotations"] =
                json!({"topology.istio.io/controlPlaneClusters": MARKER});
        });
    }
    all_text_is_hostile(&world);
    world
}

#[test]
fn nothing_that_is_said_of_a_cluster_steers_hides_or_imitates() {
    let shown = says_nothing_hostile(&world(), &LINES);
    assert!(shown >= 6, "{shown} show some of it");
}
