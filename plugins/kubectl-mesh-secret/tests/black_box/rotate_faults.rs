//! `rotate` where something goes wrong at any step: each holder keeps a secret that works, and a second run completes it.

use std::time::Duration;

use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::{Cluster, Fault};

use crate::support::{Mesh, NAMESPACE, SECRET};

const LINE: &str = "rotate west --revoke-unseen";
const WITHIN: Duration = Duration::from_secs(20);

/// A rotation, and which of its writes are struck.
struct Scene {
    name: &'static str,
    mesh: fn() -> Mesh,
    /// Cluster and method with the number of such writes.
    writes: &'static [(&'static str, &'static str, usize)],
    /// The number of Secrets that west has afterwards.
    secrets: usize,
    /// True if the holders share the usual Secret's token.
    shared: bool,
}

const SCENES: [Scene; 3] = [
    Scene {
        name: "the first rotation",
        mesh: Mesh::sharing,
        writes: &[
            ("west", "PATCH", 3),
            ("east", "PATCH", 1),
            ("north", "PATCH", 1),
        ],
        secrets: 2,
        shared: true,
    },
    // The rest is as in the first one.
    Scene {
        name: "the second rotation",
        mesh: || {
            let mesh = Mesh::sharing();
            mesh.world.run(LINE).output().expect_success();
            mesh.clear();
            mesh
        },
        writes: &[("west", "DELETE", 1)],
        secrets: 2,
        shared: true,
    },
    Scene {
        name: "tokens that end",
        mesh: || Mesh::with("--token-duration 2h"),
        writes: &[("west", "POST", 2), ("west", "DELETE", 2)],
        secrets: 3,
        shared: false,
    },
];

impl Scene {
    /// Each write: the cluster's name, the method, and which of such writes.
    fn each_write(&self) -> impl Iterator<Item = (&'static str, &'static str, usize)> {
        let kinds = self.writes.iter();
        kinds.flat_map(|(cluster, method, count)| (1..=*count).map(|n| (*cluster, *method, n)))
    }

    /// True if it is the last write of all.
    fn is_last(&self, (cluster, method, n): (&str, &str, usize)) -> bool {
        match self.writes.iter().rfind(|(one, ..)| *one == "west") {
            Some((_, last, count)) => cluster == "west" && method == *last && n == *count,
            None => false,
        }
    }
}

fn cluster<'m>(mesh: &'m Mesh, name: &str) -> &'m Cluster {
    let clusters = mesh.clusters();
    clusters.into_iter().find(|one| one.name() == name).unwrap()
}

fn writes(cluster: &Cluster, method: &str) -> usize {
    let requests = cluster.requests();
    let of_objects = requests
        .iter()
        .filter(|one| one.path.starts_with("/api/v1/"));
    of_objects.filter(|one| one.method == method).count()
}

/// The secrets as the holders have them.
fn held(mesh: &Mesh) -> [String; 2] {
    let secret = |holder: &Cluster| holder.get("secrets", NAMESPACE, SECRET).unwrap();
    mesh.holders().map(|holder| secret(holder).to_string())
}

/// After whatever went wrong: all holders work, and after the next run they do so without the old tokens.
fn is_completed(scene: &Scene, mesh: &Mesh, old: &[String], case: &str) {
    mesh.clear();
    mesh.holders_work();
    let output = mesh.world.run(LINE).output();
    assert_eq!(output.code, 0, "{case}: {}", output.golden());
    mesh.holders_work();
    for old in old {
        assert!(!mesh.is_accepted(old), "{case}: an old token still works");
    }
    if scene.shared {
        let tokens = mesh.holders().map(Mesh::token);
        assert_eq!(tokens, [mesh.usual(), mesh.usual()], "{case}");
    }
    let secrets = mesh.secrets_of_west();
    assert_eq!(secrets.len(), scene.secrets, "{case}: {secrets:?}");
}

#[test]
fn these_are_all_such_writes() {
    for scene in &SCENES {
        let mesh = (scene.mesh)();
        mesh.world.run(LINE).output().expect_success();
        for (name, method, count) in scene.writes {
            let cluster = cluster(&mesh, name);
            let seen = cluster.rendered_requests();
            assert_eq!(writes(cluster, method), *count, "{}: {seen}", scene.name);
        }
    }
}

fn at_each_write(what: &str, fault: impl Fn(Fault) -> Fault) {
    for scene in &SCENES {
        for (name, method, n) in scene.each_write() {
            let case = format!("{}: {what} at {method} {n} in {name}", scene.name);
            let mesh = (scene.mesh)();
            let old = held(&mesh);
            let target = cluster(&mesh, name);
            target.inject(fault(Fault::on(method, "/api/v1/**").nth(n)));
            let output = mesh.world.run(LINE).output();
            // Once a holder has the new token, what fails in one cluster is a warning.
            let ends = [0, 2, 3].contains(&output.code);
            assert!(ends, "{case}: {}", output.golden());
            is_completed(scene, &mesh, &old, &case);
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
    for scene in &SCENES {
        for write in scene.each_write() {
            let (name, method, n) = write;
            let case = format!("{}: Ctrl-C at {method} {n} in {name}", scene.name);
            let mesh = (scene.mesh)();
            let old = held(&mesh);
            let target = cluster(&mesh, name);
            let slow = Fault::on(method, "/api/v1/**").nth(n);
            target.inject(slow.latency(Duration::from_millis(500)));
            let running = mesh.world.run(LINE).spawn();
            let arrived = wait_until(WITHIN, || (writes(target, method) >= n).then_some(()));
            assert!(arrived.is_some(), "{case}: no such write");
            running.interrupt();
            let output = running.wait();
            // The last write is seen to its end, and then nothing is left to be stopped.
            let ends = output.code == 130 || (output.code == 0 && scene.is_last(write));
            assert!(ends, "{case}: {}", output.golden());
            if output.code == 130 {
                is_completed(scene, &mesh, &old, &case);
            }
        }
    }
}

#[test]
fn two_operators_at_once_lose_nothing() {
    for pause in [0, 20, 60] {
        let mesh = Mesh::sharing();
        let old = held(&mesh);
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
        is_completed(&SCENES[0], &mesh, &old, "two at once");
    }
}
