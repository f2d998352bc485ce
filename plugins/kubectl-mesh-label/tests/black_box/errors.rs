//! Every bad input and every fault as its user sees it: stdout, stderr and exit code together, one golden file each.

use std::collections::BTreeSet;

use mesh_testkit::command::Run;
use mesh_testkit::embedded::{Cluster, Fault};
use serde_json::json;
use snapbox::{Data, assert_data_eq};

use crate::support::{World, golden_file, namespace, service};

/// Runs one case in a world of its own and compares it with its golden file.
fn check(name: &str, arrange: impl Fn(&mut World) -> Run) {
    let mut world = World::new();
    let output = arrange(&mut world).output();
    let golden = golden_file("errors", name);
    assert_data_eq!(world.golden(&output), Data::read_from(&golden, None));
    // Once more as loud as it gets: what that says is recorded, and searched for secrets after all tests.
    let mut world = World::new();
    let loud = arrange(&mut world).arg("-vvv").output();
    assert_ne!(loud.code, 101, "{}", loud.golden());
}

/// A table of cases, each a name and what is run in a fresh world.
macro_rules! cases {
    ($($name:ident: $arrange:expr;)+) => {
        $(#[test] fn $name() { check(stringify!($name), $arrange); })+
        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

cases! {
    // Arguments.
    no_arguments: |world| world.run("");
    unknown_verb: |world| world.run("netwrok");
    network_without_network: |world| world.run("network");
    network_not_a_label_value: |world| world.run("network net/a");
    network_several_bad_pairs: |world| world.run("network east=net/a east=b =c");
    network_pairs_and_one: |world| world.run("network east=a b");
    network_pairs_and_context: |world| world.run("network east=a --context west");
    network_remove_with_network: |world| world.run("network a --remove");
    network_overwrite_and_remove: |world| world.run("network --remove --overwrite");
    control_plane_star_and_others: |world| world.run("control-plane * east");
    control_plane_empty_name: |world| world.run("control-plane east,");
    global_not_a_name: |world| world.run("global a/b/c Web");
    unknown_contexts: |world| world.run("network eats=a nowhere=b");
    kubeconfig_missing: |world| world.run("network a --kubeconfig nowhere");

    // The server and the way to it.
    server_dead: |world| { world.west.stop(); world.run("network a") };
    server_500: |world| { world.west.inject(Fault::everywhere().status(500)); world.run("network a") };
    server_certificate_foreign: |world| { world.west.show_foreign_certificate(); world.run("network a") };
    one_of_two_dead: |world| { world.west.stop(); world.run("network east=a west=b") };
    global_one_of_two_dead: |world| {
        shop(&world.east);
        world.west.stop();
        world.run("global shop/web --context east,west")
    };
    forbidden_get: |world| { world.west.deny("admin", "get", "namespaces"); world.run("network a") };
    forbidden_patch: |world| { world.west.deny("admin", "patch", "namespaces"); world.run("network a") };
    global_forbidden_in_one: |world| {
        shop(&world.east);
        shop(&world.west);
        world.west.deny("admin", "patch", "services");
        world.run("global shop/web --context east,west")
    };

    // What is there.
    namespace_missing: |world| world.run("network a -n istio-elsewhere");
    namespace_missing_control_plane: |world| world.run("control-plane east -n istio-elsewhere");
    another_value: |world| { labelled(&world.west, "kubectl-label"); world.run("network b") };
    another_value_in_one_of_two: |world| {
        labelled(&world.west, "kubectl-label");
        world.run("network east=a west=b")
    };
    two_values_for_one_cluster: |world| {
        let kubeconfig = world.kubeconfig().context("west-again", "west", "west");
        world.write(&kubeconfig);
        world.run("network west=a west-again=b")
    };
    service_missing_in_one: |world| { shop(&world.east); world.run("global shop/web --context east,west") };
    server_hangs: |world| {
        world.west.inject(Fault::everywhere().hang());
        world.run("network a --request-timeout 1s")
    };
    show_context_and_all: |world| world.run("show --all-contexts --context east");
    show_format_unknown: |world| world.run("show -o xml");
    show_dead: |world| { world.west.stop(); world.run("show") };
    show_forbidden: |world| {
        for resource in ["namespaces", "pods", "configmaps", "deployments", "daemonsets", "services"] {
            world.west.deny("admin", "*", resource);
        }
        world.run("show")
    };
    misspelled_keys: |world| {
        world.west.delete("namespaces", "", "istio-system");
        world.west.create(namespace(&json!({"istio.io/topology-network": "a", "topology.istio.io/networks": "a"})));
        world.run("network a")
    };
}

/// The Service web of the namespace shop.
fn shop(cluster: &Cluster) {
    cluster.create(service("web"));
}

/// Gives Istio's namespace the network `old` as this field manager.
fn labelled(cluster: &Cluster, manager: &str) {
    cluster.delete("namespaces", "", "istio-system");
    cluster.create_as(
        manager,
        namespace(&json!({"topology.istio.io/network": "old"})),
    );
}

#[test]
fn every_golden_file_has_its_case() {
    let folder = golden_file("errors", "x");
    let files = std::fs::read_dir(folder.parent().unwrap()).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let names: BTreeSet<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(files, names);
}
