//! What `show` prints of clusters full of hostile names, pasted into shells.

use mesh_testkit::black_box::hostile;
use mesh_testkit::shell::{commands, printed};
use serde_json::json;

use crate::show::{drifted, drifted_by_tools, tied};
use crate::support::{World, namespace};

const TURNS: usize = 12;

fn misspelled() -> World {
    let world = World::bare();
    let labels = json!({"istio.io/topology-network": "net-b"});
    world.west.create(namespace(&labels));
    world
}

#[test]
fn nothing_that_show_prints_runs_a_name() {
    let mut pasted = 0;
    for turn in 0..TURNS {
        for world in [drifted, drifted_by_tools, tied, misspelled] {
            for line in ["show", "show -o json"] {
                let world = world();
                let output = hostile(&world, world.run(line), turn);
                pasted += commands(&printed(&output)).len();
            }
        }
    }
    // Most of the mixtures leave names that can be pasted.
    assert!(pasted > TURNS, "{pasted} commands were pasted");
}
