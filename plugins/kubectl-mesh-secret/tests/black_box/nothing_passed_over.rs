//! Every read that fails alone, and every cluster that cannot be worked with: what that costs.

use mesh_testkit::black_box::{self, Asked, costs_itself_alone, each_read_alone};
use mesh_testkit::kubeconfig::{Kubeconfig, User};

use crate::list::{LIST, secret, wired};
use crate::support::{World, golden_file};

/// Both clusters hold a secret for the other, and west some more that something is wrong with: one that leads to west itself,
/// one without a label, one in another namespace.
fn world() -> World {
    let world = wired();
    let kubeconfig = |world: &World| {
        Kubeconfig::single("c", world.west.kubeconfig_cluster(), User::new().token("t"))
    };
    let itself = secret("itself", "istio-system", "west", &kubeconfig(&world));
    let mut unlabelled = secret(
        "istio-remote-secret-x",
        "istio-system",
        "x",
        &kubeconfig(&world),
    );
    unlabelled["metadata"]["labels"] = serde_json::Value::Null;
    let elsewhere = secret("istio-remote-secret-y", "default", "y", &kubeconfig(&world));
    for secret in [itself, unlabelled, elsewhere] {
        world.west.create(secret);
    }
    world
}

#[test]
fn each_read_that_fails_alone_costs_what_depends_on_it() {
    let broken = world();
    let fine = wired();
    for (name, world, line, is_report) in [
        (
            "list",
            &broken,
            "list --context east,west --allow-loopback -o json",
            true,
        ),
        (
            "inspect",
            &broken,
            "inspect --context west --allow-loopback -o json",
            true,
        ),
        (
            "inspect_probe",
            &broken,
            "inspect --context east --allow-loopback --probe -o json",
            true,
        ),
        (
            "create",
            &fine,
            "create --context west --into east --allow-loopback --dry-run",
            false,
        ),
    ] {
        let golden = golden_file("nothing_passed_over", name);
        each_read_alone(&golden, world, &world.west, Asked { line, is_report });
    }
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone() {
    let shows_east = |_: &black_box::World, stdout: &str| stdout.contains("east");
    costs_itself_alone(wired, &LIST.replace(" --context east,west", ""), shows_east);
    costs_itself_alone(wired, "inspect --allow-loopback", shows_east);
    costs_itself_alone(wired_for_north, "delete north --yes", |world, _| {
        let gone = world
            .east
            .get("secrets", "istio-system", "istio-remote-secret-north");
        gone.is_none()
    });
}

/// Both hold a secret for a third cluster that is gone.
fn wired_for_north() -> World {
    let world = World::new();
    let kubeconfig =
        Kubeconfig::single("c", world.west.kubeconfig_cluster(), User::new().token("t"));
    for cluster in [&world.east, &world.west] {
        cluster.create(secret(
            "istio-remote-secret-north",
            "istio-system",
            "north",
            &kubeconfig,
        ));
    }
    world
}
