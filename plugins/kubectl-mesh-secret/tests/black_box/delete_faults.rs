//! What goes wrong on the way to a holder, and while `delete` writes.

use std::time::Duration;

use mesh_testkit::black_box::{self, Ends};
use mesh_testkit::cases;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::Fault;
use mesh_testkit::kubeconfig::Kubeconfig;
use serde_json::json;
use snapbox::{Data, assert_data_eq};

use crate::support::{World, golden_file};

/// West is the holder here, since the rows are about west.
const LINE: &str = "delete north --yes";
const BOTH: &str = "delete north --context east,west --yes";

/// Runs one case in worlds of its own.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut World) -> E) {
    black_box::check(&golden_file("delete_faults", name), held, arrange);
}

/// East and west hold a secret for a cluster that is gone.
fn held() -> World {
    let world = World::new();
    for cluster in [&world.east, &world.west] {
        cluster.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "istio-remote-secret-north", "namespace": "istio-system",
                "labels": {"istio/multiCluster": "true"}},
            "data": {"north": "eA=="}}));
    }
    world
}

mod faults {
    mesh_testkit::verb_faults!(super::check, super::LINE);
}

cases! { check;
    forbidden_list: |world| { world.west.deny("admin", "list", "secrets"); world.run(BOTH) };
    forbidden_delete: |world| { world.west.deny("admin", "delete", "secrets"); world.run(BOTH) };
    write_409: |world| { world.west.inject(on_delete().status(409)); world.run(BOTH) };
    write_429: |world| {
        world.west.inject(on_delete().too_many_requests(3600));
        world.run(&format!("{BOTH} --request-timeout 1s"))
    };
    write_429_once: |world| { world.west.inject(on_delete().times(1).too_many_requests(0)); world.run(BOTH) };
    write_500: |world| { world.west.inject(on_delete().status(500)); world.run(BOTH) };
    write_reset: |world| { world.west.inject(on_delete().reset()); world.run(BOTH) };
    write_reset_alone: |world| { world.west.inject(on_delete().reset()); world.run(LINE) };
    answer_reset: |world| { world.west.inject(on_delete().reset_in_body()); world.run(BOTH) };
    every_fault_at_once: |world| {
        world.east.inject(on_delete().status(500));
        world.west.inject(on_delete().reset());
        world.run(BOTH)
    };
}

fn on_delete() -> Fault {
    Fault::on("DELETE", "**")
}

fn has(cluster: &mesh_testkit::embedded::Cluster) -> bool {
    cluster
        .get("secrets", "istio-system", "istio-remote-secret-north")
        .is_some()
}

#[test]
fn a_second_run_completes_what_a_fault_kept_from_being_done() {
    for fault in [
        on_delete().status(409),
        on_delete().status(500),
        on_delete().reset(),
    ] {
        let world = held();
        world.west.inject(fault);
        world.run(BOTH).output();
        assert!(has(&world.west) && !has(&world.east));
        world.west.clear_faults();
        world.run(BOTH).output().expect_success();
        assert!(!has(&world.west));
    }
}

#[test]
fn a_secret_that_was_made_anew_meanwhile_stays() {
    let world = held();
    let running = world
        .run("delete north --context east")
        .at_terminal()
        .spawn();
    running.wait_for_stderr("? [y/N]");
    let secret = world
        .east
        .get("secrets", "istio-system", "istio-remote-secret-north");
    world
        .east
        .delete("secrets", "istio-system", "istio-remote-secret-north");
    let mut secret = secret.unwrap();
    secret["metadata"] = json!({"name": "istio-remote-secret-north", "namespace": "istio-system"});
    world.east.create(secret);
    running.type_in("y\n");
    let output = running.wait();
    assert!(has(&world.east));
    assert_data_eq!(
        world.golden(&output),
        Data::read_from(&golden_file("delete_faults", "made_anew"), None)
    );
}

#[test]
fn a_secret_that_somebody_else_deleted_meanwhile_is_no_error() {
    let world = held();
    let running = world
        .run("delete north --context east")
        .at_terminal()
        .spawn();
    running.wait_for_stderr("? [y/N]");
    world
        .east
        .delete("secrets", "istio-system", "istio-remote-secret-north");
    running.type_in("y\n");
    let output = running.wait();
    assert_data_eq!(
        world.golden(&output),
        Data::read_from(&golden_file("delete_faults", "gone_meanwhile"), None)
    );
}

#[test]
fn ctrl_c_in_place_of_an_answer_deletes_nothing() {
    let world = held();
    let running = world
        .run("delete north --context east")
        .at_terminal()
        .spawn();
    running.wait_for_stderr("? [y/N]");
    running.interrupt();
    let output = running.wait();
    assert_eq!((output.code, output.stdout.as_str()), (130, ""));
    assert!(has(&world.east));
}

#[test]
fn a_delete_on_its_way_is_seen_to_its_end_after_ctrl_c() {
    let world = held();
    world
        .west
        .inject(on_delete().latency(Duration::from_secs(2)));
    let running = world.run(LINE).spawn();
    wait_until(Duration::from_secs(20), || {
        let requests = world.west.requests();
        let on_its_way = requests.iter().any(|request| request.method == "DELETE");
        on_its_way.then_some(())
    })
    .unwrap();
    running.interrupt();
    let output = running.wait();
    assert_eq!(
        output.stdout,
        "secret/istio-remote-secret-north deleted in context west\n",
        "{}",
        output.golden()
    );
    assert!(!has(&world.west));
}

#[test]
fn every_kind_of_proxy_is_gone_through() {
    let mut world = held();
    black_box::through_proxies(&mut world, "delete north --dry-run=client", 0);
}

#[test]
fn a_hundred_contexts_of_one_cluster_delete_once() {
    let clusters = mesh_testkit::embedded::Cluster::start("crowd");
    let mut kubeconfig = Kubeconfig::new();
    for number in 0..100 {
        let name = format!("c{number}");
        kubeconfig = kubeconfig.entry(
            &name,
            clusters.kubeconfig_cluster(),
            clusters.kubeconfig_user(),
        );
    }
    clusters.create(crate::support::namespace("istio-system"));
    clusters.create(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "istio-remote-secret-north", "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"}}, "data": {"north": "eA=="}}));
    let world = World::bare();
    world.write(&kubeconfig);
    clusters.clear_recordings();
    let output = world
        .run("delete north --all-contexts --yes -o name")
        .output()
        .expect_success();
    assert_eq!(output.stdout, "secret/istio-remote-secret-north\n");
    // A hundred contexts of one cluster: read a hundred times, deleted once.
    let deletes = black_box::writes(&clusters);
    assert_eq!(deletes.len(), 1, "{deletes:?}");
    assert_eq!(clusters.connections().len(), 100);
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let names: &[&[&str]] = &[NAMES, faults::NAMES, &["made_anew", "gone_meanwhile"]];
    let strays = black_box::strays(&golden_file("delete_faults", "x"), names);
    assert!(strays.is_empty(), "{strays:?}");
}
