//! Every bad input and every fault as its user sees it: stdout, stderr and exit code together, one golden file each.

use mesh_testkit::black_box::{self, Ends, Spelled, check_spellings};
use mesh_testkit::cases;
use mesh_testkit::embedded::Cluster;
use serde_json::json;

use crate::support::{World, golden_file, namespace, service};

/// Runs one case in worlds of its own.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut World) -> E) {
    black_box::check(&golden_file("errors", name), World::new, arrange);
}

mod faults {
    mesh_testkit::verb_faults!(super::check, "network a");
}

cases! { check;
    // Arguments.
    no_arguments: |world| world.run("");
    unknown_verb: |world| world.run("netwrok");
    unknown_flag: |world| world.run("network a --overwirte");
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

    // The server and the way to it.
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
    global_another_value: |world| {
        shop(&world.east);
        shop(&world.west);
        world.west.edit("services", "shop", "web", |web| {
            web["metadata"]["labels"] = json!({"istio.io/global": "false"});
        });
        world.run("global shop/web --context east,west")
    };
    global_contexts_mean_different_namespaces: |world| {
        let kubeconfig = world.kubeconfig().context_in("shop", "west", "west", "shop");
        world.write(&kubeconfig);
        world.run("global web --context east,shop")
    };
    show_context_and_all: |world| world.run("show --all-contexts --context east");
    a_closed_pipe_is_silent: |world| world.run("show").stdout_closed();
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
fn every_kind_of_proxy_is_gone_through() {
    black_box::through_proxies(&mut World::new(), "network a", 0);
}

#[test]
fn every_spelling_of_kubectls_is_understood() {
    let spelled = Spelled {
        report: "show",
        one_namespace: true,
        several: true,
        formats: &["wide", "json", "yaml", "name", "jsonpath={.kind}"],
    };
    check_spellings(&World::new(), spelled);
}

#[test]
fn every_golden_file_has_its_case() {
    let names = [NAMES, faults::NAMES];
    let strays = black_box::strays(&golden_file("errors", "x"), &names);
    assert!(strays.is_empty(), "{strays:?}");
}
