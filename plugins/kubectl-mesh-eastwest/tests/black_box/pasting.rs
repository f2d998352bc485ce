//! What `status`, `wait`, `apply` and `expose` print of clusters full of hostile names, pasted into shells. Every case of the
//! other tables is run once in this way; here are those of which commands are known to come.

use mesh_testkit::black_box::hostile;
use mesh_testkit::embedded::Fault;
use mesh_testkit::gateway::Door;
use mesh_testkit::shell::{commands, printed};
use serde_json::json;

use crate::apply::Clusters;
use crate::scene::{Scene, of_type};

const TURNS: usize = 6;

/// A change that gives a gateway a finding.
type Breaking = fn(&Scene);

const BREAKINGS: [Breaking; 7] = [
    |scene| scene.west_gateway.open(15443, Door::HangsUp),
    |scene| scene.west_gateway.open(15021, Door::Ready(503)),
    |scene| of_type(scene, "NodePort"),
    |scene| of_type(scene, "ClusterIP"),
    |scene| {
        scene
            .west
            .set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
    },
    |scene| {
        scene.edit_west("pods", "istio-eastwestgateway-1", |pod| {
            pod["status"]["conditions"][0]["status"] = json!("False");
            pod["spec"]["containers"][0]["env"] = json!([]);
        });
    },
    |scene| {
        scene.edit_west("services", "istio-eastwestgateway", |service| {
            service["spec"]["ports"].as_array_mut().unwrap().remove(1);
        });
    },
];

#[test]
fn nothing_that_is_printed_of_a_gateway_runs_a_name() {
    let mut pasted = 0;
    for turn in 0..TURNS {
        for breaking in BREAKINGS {
            for line in [
                "status",
                "status -o json",
                "wait --timeout 0",
                "expose services --from-context west",
            ] {
                let scene = Scene::healthy();
                breaking(&scene);
                let output = hostile(&scene, scene.run(line), turn);
                pasted += commands(&printed(&output)).len();
            }
        }
    }
    assert!(pasted > 10 * TURNS, "{pasted} commands were pasted");
}

#[test]
fn nothing_that_apply_prints_runs_a_name() {
    let obstacles: [fn(&Clusters); 3] = [
        |world| world.west.delete("namespaces", "", "istio-system"),
        |world| world.west.deny("admin", "*", "services"),
        |world| {
            world
                .west
                .inject(Fault::on("GET", "/api/v1/namespaces/istio-system").status(500));
        },
    ];
    let mut pasted = 0;
    for turn in 0..TURNS {
        for obstacle in obstacles {
            for line in ["apply", "apply --context west --dry-run"] {
                let world = Clusters::new();
                obstacle(&world);
                let output = hostile(&world, world.run(line), turn);
                pasted += commands(&printed(&output)).len();
            }
        }
    }
    assert!(pasted > 2 * TURNS, "{pasted} commands were pasted");
}
