//! `rotate` where something goes wrong at any step: each holder keeps a secret that works, and a second run completes it.

use std::time::Duration;

use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::{Cluster, Fault};

use crate::support::Mesh;

const LINE: &str = "rotate west --revoke-unseen";
const WITHIN: Duration = Duration::from_secs(20);

/// The clusters, each with the number of writes that a rotation makes there.
const WRITES: [(&str, usize); 3] = [("west", 3), ("east", 1), ("north", 1)];

fn cluster<'m>(mesh: &'m Mesh, name: &str) -> &'m Cluster {
    let clusters = mesh.clusters();
    clusters.into_iter().find(|one| one.name() == name).unwrap()
}

fn writes(cluster: &Cluster) -> usize {
    mesh_testkit::black_box::writes(cluster).len()
}

/// After whatever went wrong: all holders work, and the next run leaves one token, the new one.
fn is_completed(mesh: &Mesh, old: &str, case: &str) {
    mesh.clear();
    mesh.holders_work();
    let output = mesh.world.run(LINE).output();
    assert_eq!(output.code, 0, "{case}: {}", output.golden());
    mesh.holders_work();
    let new = mesh.usual();
    assert!(!mesh.is_accepted(old), "{case}: the old token still works");
    for holder in mesh.holders() {
        assert_eq!(Mesh::token(holder), new, "{case}");
    }
    assert_eq!(mesh.secrets_of_west().len(), 2, "{case}");
}

#[test]
fn these_are_all_the_writes() {
    let mesh = Mesh::sharing();
    mesh.world.run(LINE).output().expect_success();
    for (name, count) in WRITES {
        let cluster = cluster(&mesh, name);
        assert_eq!(writes(cluster), count, "{}", cluster.rendered_requests());
    }
}

fn at_each_write(case: &str, fault: impl Fn(Fault) -> Fault) {
    for (name, count) in WRITES {
        for n in 1..=count {
            let case = format!("{case} at write {n} in {name}");
            let mesh = Mesh::sharing();
            let old = mesh.manifest("");
            mesh.clear();
            let target = cluster(&mesh, name);
            target.inject(fault(Fault::on("PATCH", "**").nth(n)));
            let output = mesh.world.run(LINE).output();
            assert!([0, 2].contains(&output.code), "{case}: {}", output.golden());
            is_completed(&mesh, &old, &case);
        }
    }
}

#[test]
fn a_conflict_at_any_write_loses_nothing() {
    at_each_write("409", |fault| fault.status(409));
}

#[test]
fn too_many_requests_at_any_write_lose_nothing() {
    at_each_write("429", |fault| fault.too_many_requests(0));
}

#[test]
fn a_failure_of_the_server_at_any_write_loses_nothing() {
    at_each_write("500", |fault| fault.status(500));
}

#[test]
fn a_connection_that_breaks_off_before_any_write_loses_nothing() {
    at_each_write("reset", Fault::reset);
}

#[test]
fn a_connection_that_breaks_off_after_any_write_loses_nothing() {
    at_each_write("reset in the answer", Fault::reset_in_body);
}

#[test]
fn ctrl_c_at_any_write_loses_nothing() {
    for (name, count) in WRITES {
        for n in 1..=count {
            let case = format!("Ctrl-C at write {n} in {name}");
            let mesh = Mesh::sharing();
            let old = mesh.manifest("");
            mesh.clear();
            let target = cluster(&mesh, name);
            let slow = Fault::on("PATCH", "**").nth(n);
            target.inject(slow.latency(Duration::from_millis(500)));
            let running = mesh.world.run(LINE).spawn();
            let arrived = wait_until(WITHIN, || (writes(target) >= n).then_some(()));
            assert!(arrived.is_some(), "{case}: no such write");
            running.interrupt();
            let output = running.wait();
            // The last write is seen to its end, and then nothing is left to be stopped.
            let expected: &[i32] = if (name, n) == ("west", 3) {
                &[0, 130]
            } else {
                &[130]
            };
            assert!(
                expected.contains(&output.code),
                "{case}: {}",
                output.golden()
            );
            if output.code == 130 {
                is_completed(&mesh, &old, &case);
            }
        }
    }
}

#[test]
fn two_operators_at_once_lose_nothing() {
    for pause in [0, 20, 60] {
        let mesh = Mesh::sharing();
        let old = mesh.manifest("");
        for cluster in mesh.clusters() {
            cluster.inject(Fault::everywhere().latency(Duration::from_millis(20)));
        }
        let first = mesh.world.run(LINE).spawn();
        let begun = wait_until(WITHIN, || {
            (mesh.world.west.requests().len() >= pause / 10).then_some(())
        });
        assert!(begun.is_some());
        let second = mesh.world.run(LINE).spawn();
        let outputs = [first.wait(), second.wait()];
        for output in &outputs {
            assert!([0, 2].contains(&output.code), "{}", output.golden());
        }
        mesh.clear();
        mesh.holders_work();
        is_completed(&mesh, &old, "two at once");
    }
}
