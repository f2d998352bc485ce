//! What goes wrong between the first request and the last: each write refused, broken off or interrupted in turn, and two
//! people at once. Nothing is lost or doubled, and a second run completes it.

use std::time::Duration;

use mesh_common::model::holder_record::has_record;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::{Cluster, Fault};

use super::mesh::{EXCHANGE, Mesh};

/// The golden files of this file's tests.
pub(super) const GOLDEN: &[&str] = &["ctrl_c_while_reading"];

/// Every write of a run over fresh clusters, by method and path.
const WRITES: [(&str, &str); 5] = [
    ("PATCH", "/api/v1/namespaces/istio-system/serviceaccounts/*"),
    ("PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/*"),
    (
        "PATCH",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/*",
    ),
    ("PATCH", "/api/v1/namespaces/istio-system/secrets/*-token"),
    (
        "PATCH",
        "/api/v1/namespaces/istio-system/secrets/istio-remote-secret-*",
    ),
];

/// Those of a run that gives out tokens that end.
const BOUND: [(&str, &str); 3] = [
    ("POST", "/api/v1/namespaces/istio-system/secrets"),
    (
        "POST",
        "/api/v1/namespaces/istio-system/serviceaccounts/*/token",
    ),
    (
        "PATCH",
        "/api/v1/namespaces/istio-system/secrets/istio-remote-secret-*",
    ),
];

/// Runs `line` with this fault in north alone: the others get their secrets for each other whatever becomes of north, and
/// a second run without the fault completes it.
fn struck(mesh: &Mesh, line: &str, what: &str, fault: Fault, code: i32) {
    mesh.north.inject(fault);
    let output = mesh.run(line).output();
    assert_eq!(output.code, code, "{what}: {}", output.golden());
    let held = mesh.held();
    assert!(
        held.contains("east: ") && held.contains(" west"),
        "{what}: {held}\n{}",
        output.golden()
    );
    let shown = [mesh.north.admin_token(), mesh.east.admin_token()];
    assert!(
        shown.iter().all(|token| !output.golden().contains(token)),
        "{what}"
    );
    mesh.north.clear_faults();
    let again = mesh.run(line).output();
    assert_eq!(again.code, 0, "{what}: {}", again.golden());
    mesh.is_complete();
}

fn each_write(
    line: &str,
    writes: &[(&str, &str)],
    how: &str,
    fault: impl Fn(Fault) -> Fault,
    code: i32,
) {
    for (method, path) in writes {
        let mesh = Mesh::fresh();
        struck(
            &mesh,
            line,
            &format!("{method} {path} {how}"),
            fault(Fault::on(method, path)),
            code,
        );
        mesh.is_settled();
    }
}

#[test]
fn a_conflict_at_any_write_costs_only_that_cluster() {
    each_write(EXCHANGE, &WRITES, "409", |fault| fault.status(409), 2);
}

#[test]
fn a_failure_at_any_write_costs_only_that_cluster() {
    each_write(EXCHANGE, &WRITES, "500", |fault| fault.status(500), 3);
}

#[test]
fn a_missing_right_at_any_write_costs_only_that_cluster() {
    each_write(EXCHANGE, &WRITES, "403", |fault| fault.status(403), 3);
}

#[test]
fn a_credential_that_ends_before_any_write_costs_only_that_cluster() {
    each_write(EXCHANGE, &WRITES, "401", |fault| fault.status(401), 3);
}

#[test]
fn a_reset_at_any_write_costs_only_that_cluster() {
    each_write(EXCHANGE, &WRITES, "reset", Fault::reset, 3);
}

#[test]
fn a_reset_after_any_write_costs_only_that_cluster() {
    each_write(
        EXCHANGE,
        &WRITES,
        "reset in the answer",
        Fault::reset_in_body,
        3,
    );
}

#[test]
fn a_busy_server_is_asked_again() {
    each_write(
        EXCHANGE,
        &WRITES,
        "429",
        |fault| fault.times(1).too_many_requests(1),
        0,
    );
}

#[test]
fn tokens_that_end_fare_no_worse() {
    let line = format!("{EXCHANGE} --token-duration 1h");
    for (method, path) in BOUND {
        for how in [Some(500), Some(403), None] {
            let mesh = Mesh::new();
            let fault = Fault::on(method, path);
            let fault =
                how.map_or_else(|| fault.clone().reset(), |code| fault.clone().status(code));
            struck(&mesh, &line, &format!("{method} {path} {how:?}"), fault, 3);
        }
    }
}

#[test]
fn ctrl_c_while_reading() {
    let mesh = Mesh::new();
    mesh.north.inject(Fault::everywhere().hang());
    let running = mesh.run(EXCHANGE).spawn();
    wait_until(Duration::from_secs(20), || {
        (!mesh.north.requests().is_empty()).then_some(())
    })
    .expect("a request arrives");
    running.interrupt();
    let output = running.wait();
    mesh.is_golden("ctrl_c_while_reading", &output);
    assert_eq!(mesh.writes(), Vec::<String>::new());
}

/// A write that was on its way is completed and told, nothing else is begun, and a second run continues from there.
#[test]
fn ctrl_c_at_any_write_keeps_what_was_done() {
    for (method, path) in WRITES {
        let mesh = Mesh::fresh();
        let slow = Fault::on(method, path).latency(Duration::from_secs(2));
        for cluster in mesh.clusters() {
            cluster.inject(slow.clone());
        }
        let running = mesh.run(EXCHANGE).spawn();
        let (start, end) = path.split_once('*').unwrap();
        wait_until(Duration::from_secs(40), || {
            let asked = |write: &String| {
                let path = write.split([' ', '?']).find(|word| word.starts_with('/'));
                path.is_some_and(|path| path.starts_with(start) && path.ends_with(end))
            };
            mesh.writes().iter().any(asked).then_some(())
        })
        .unwrap_or_else(|| panic!("no {method} {path}: {:?}", mesh.writes()));
        running.interrupt();
        let output = running.wait();
        // All secrets may be on their way at once; who holds the tokens is then left to be recorded.
        assert_eq!(output.code, 130, "{path}: {}", output.golden());
        assert_eq!(
            output.stderr.matches("error: interrupted").count(),
            1,
            "{path}: {}",
            output.golden()
        );
        // What was made is what is told, no more and no less.
        let told = output
            .stdout
            .lines()
            .filter(|line| line.contains(" created in context "))
            .count();
        assert_eq!(mesh.secrets().len(), told, "{path}: {}", output.golden());
        for cluster in mesh.clusters() {
            cluster.clear_faults();
        }
        mesh.run(EXCHANGE).output().expect_success();
        mesh.is_complete();
        mesh.is_settled();
    }
}

/// The Secrets that tokens of the holders' own are bound to, each with whether it records a holder.
fn anchors(mesh: &Mesh) -> Vec<bool> {
    let objects = mesh.clusters().into_iter().flat_map(Cluster::objects);
    objects
        .filter(|object| {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            object["kind"] == "Secret" && name.contains("-token-for-")
        })
        .map(|object| has_record(&serde_json::from_value(object).unwrap()))
        .collect()
}

/// Between the secrets in the holders and the record of who holds their tokens.
#[test]
fn ctrl_c_before_holders_are_recorded_leaves_that_to_the_next_run() {
    let mesh = Mesh::new();
    let line = format!("{EXCHANGE} --token-duration 1h");
    let path = "/api/v1/namespaces/istio-system/secrets/istio-remote-secret-*";
    for cluster in mesh.clusters() {
        cluster.inject(Fault::on("PATCH", path).latency(Duration::from_secs(2)));
    }
    let running = mesh.run(&line).spawn();
    wait_until(Duration::from_secs(40), || {
        let writes = mesh.writes().into_iter();
        let begun = writes.filter(|write| write.contains("/istio-remote-secret-"));
        (begun.count() == 6).then_some(())
    })
    .expect("all secrets are on their way");
    running.interrupt();
    let output = running.wait();
    assert_eq!(output.code, 130, "{}", output.golden());
    mesh.is_complete();
    assert_eq!(anchors(&mesh), [false; 6], "{}", output.golden());
    for cluster in mesh.clusters() {
        cluster.clear_faults();
    }
    let again = mesh.run(&line).output().expect_success();
    assert_eq!(
        again.stdout.matches(" unchanged in context ").count(),
        6,
        "{}",
        again.golden()
    );
    assert_eq!(anchors(&mesh), [true; 6], "{}", again.golden());
    // A third run has nothing left to do, and a rotation need not be told who holds the tokens.
    mesh.forget();
    mesh.run(&line).output().expect_success();
    assert_eq!(mesh.writes(), Vec::<String>::new());
    mesh.run("rotate west --revoke-unseen")
        .output()
        .expect_success();
}

#[test]
fn ctrl_c_while_secrets_are_used_once_gives_nothing_out() {
    let mesh = Mesh::new();
    let reader = "system:serviceaccount:istio-system:istio-reader-service-account";
    mesh.north.inject(Fault::everywhere().user(reader).hang());
    let running = mesh.run(EXCHANGE).spawn();
    wait_until(Duration::from_secs(20), || {
        let requests = mesh.north.requests();
        requests
            .iter()
            .any(|request| request.user == reader)
            .then_some(())
    })
    .expect("the try-out begins");
    running.interrupt();
    let output = running.wait();
    assert_eq!(output.code, 130, "{}", output.golden());
    assert_eq!(mesh.writes(), Vec::<String>::new());
}

#[test]
fn two_people_at_once_lose_and_double_nothing() {
    for line in [
        EXCHANGE.to_owned(),
        format!("{EXCHANGE} --token-duration 1h"),
    ] {
        for _ in 0..3 {
            let mesh = Mesh::fresh();
            // Both read before either writes.
            for cluster in mesh.clusters() {
                cluster.inject(Fault::on("GET", "**").latency(Duration::from_millis(100)));
            }
            let both = [mesh.run(&line).spawn(), mesh.run(&line).spawn()];
            for running in both {
                running.wait().expect_success();
            }
            for cluster in mesh.clusters() {
                cluster.clear_faults();
            }
            mesh.is_complete();
            let works = mesh
                .run("inspect --context east,west,north --probe --allow-loopback")
                .output();
            assert_eq!(works.code, 0, "{}", works.golden());
        }
    }
}

/// Over clusters that are wired already, one prunes a cluster that the other one still wires.
#[test]
fn one_who_prunes_and_one_who_wires_end_in_one_of_both() {
    let mesh = Mesh::new();
    mesh.run(EXCHANGE).output().expect_success();
    let pruning = mesh
        .run("exchange --context east,west --allow-loopback --prune --yes")
        .spawn();
    let wiring = mesh.run(EXCHANGE).spawn();
    let codes = [pruning.wait().code, wiring.wait().code];
    assert_eq!(codes, [0, 0]);
    mesh.run(EXCHANGE).output().expect_success();
    mesh.is_complete();
}
