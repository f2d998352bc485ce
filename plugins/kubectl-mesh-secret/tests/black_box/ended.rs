//! A token Secret whose token ended because the Secret that it lived with is gone, as `rotate` and `delete --revoke` leave
//! it, or somebody's hand: `create` and `exchange` find another token for it, whatever comes between, and never one that
//! was revoked.

use std::time::Duration;

use mesh_testkit::black_box::writes;
use mesh_testkit::condition::wait_until;
use mesh_testkit::embedded::Fault;
use snapbox::{assert_data_eq, file};

use crate::support::{Mesh, NAMESPACE, USUAL};

const WITHIN: Duration = Duration::from_secs(20);
pub(crate) const CREATE: &str = "create --name west --allow-loopback --into east,north";
pub(crate) const ROTATE: &str = "rotate west --revoke-unseen";

/// East and north hold a token that was rotated once; its backing Secret.
fn rotated() -> (Mesh, String) {
    let mesh = Mesh::sharing();
    mesh.world.run(ROTATE).output().expect_success();
    let carrier = carriers(&mesh).pop().unwrap();
    mesh.clear();
    (mesh, carrier)
}

/// And then it was revoked with all its secrets.
fn revoked() -> (Mesh, String) {
    let (mesh, carrier) = rotated();
    let line = "delete west --context east,north --revoke --yes";
    mesh.world.run(line).output().expect_success();
    assert_eq!(mesh.secrets_of_west(), [USUAL]);
    mesh.clear();
    (mesh, carrier)
}

/// Or somebody deleted that Secret, and both hold a token that nobody accepts.
pub(crate) fn by_hand() -> (Mesh, String) {
    let (mesh, carrier) = rotated();
    mesh.world.west.delete("secrets", NAMESPACE, &carrier);
    (mesh, carrier)
}

/// Names of the backing Secrets beside the default one.
pub(crate) fn carriers(mesh: &Mesh) -> Vec<String> {
    let mut names = mesh.secrets_of_west();
    names.retain(|name| name != USUAL);
    names
}

/// Both holders work with the token of one new Secret, which is also what is given out, and a second run writes nothing.
pub(crate) fn is_repaired(mesh: &Mesh, gone: &str, case: &str) {
    mesh.holders_work();
    let carriers = carriers(mesh);
    assert_eq!(carriers.len(), 1, "{case}: {carriers:?}");
    assert_ne!(carriers[0], gone, "{case}");
    let held = mesh.holders().map(Mesh::token);
    assert_eq!(held, [mesh.usual(), mesh.usual()], "{case}");
    mesh.clear();
    let again = mesh.world.run(CREATE).output().expect_success();
    assert_eq!(again.stdout.matches(" unchanged ").count(), 2, "{case}");
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new(), "{case}");
    }
}

#[test]
fn after_a_rotation_and_a_revocation_another_token_is_given_out() {
    let (mesh, gone) = revoked();
    let dead = mesh.usual();
    let output = mesh.world.run(CREATE).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/revoked.txt"]);
    assert_ne!(mesh.usual(), dead);
    is_repaired(&mesh, &gone, "revoked");
    // And so it goes on: the next rotation and the next revocation leave no dead end either.
    let manifest = mesh.manifest("");
    mesh.world.run(ROTATE).output().expect_success();
    mesh.holders_work();
    assert!(!mesh.is_accepted(&manifest), "the old token still works");
    let line = "delete west --context east,north --revoke --yes";
    mesh.world.run(line).output().expect_success();
    mesh.world.run(CREATE).output().expect_success();
    is_repaired(&mesh, &gone, "revoked again");
}

#[test]
fn what_was_deleted_by_hand_is_replaced_in_every_holder() {
    let (mesh, gone) = by_hand();
    let output = mesh.world.run(CREATE).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/by_hand.txt"]);
    is_repaired(&mesh, &gone, "by hand");
}

#[test]
fn an_exchange_finds_another_token_too() {
    let (mesh, gone) = revoked();
    let line = "exchange --primary east,north --remote west --allow-loopback --name east=east --name north=north --name west=west";
    mesh.world.run(line).output().expect_success();
    is_repaired(&mesh, &gone, "exchange");
}

#[test]
fn the_token_of_one_holder_alone_is_replaced_for_it_alone() {
    let mesh = Mesh::sharing();
    let own = "create --name west --allow-loopback --into east --for east";
    mesh.world.run(own).output().expect_success();
    let rotate = "rotate west --context east --revoke-unseen";
    mesh.world.run(rotate).output().expect_success();
    let line = "delete west --context east --revoke --yes";
    mesh.world.run(line).output().expect_success();
    let shared = mesh.usual();
    let output = mesh.world.run(own).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/own.txt"]);
    mesh.holders_work();
    assert_eq!(mesh.usual(), shared);
    // It is still known as one holder's.
    let output = mesh.world.run(rotate).output();
    assert_eq!(output.code, 0, "{}", output.golden());
}

#[test]
fn each_step_is_asked_for_once() {
    let (mesh, _) = revoked();
    let west = &mesh.world.west;
    west.inject(Fault::everywhere().latency(Duration::from_millis(30)));
    mesh.world.run(CREATE).output().expect_success();
    assert_eq!(west.connections().len(), 1);
    let requests = Mesh::steady(&west.rendered_requests());
    let lines = requests.lines().map(|line| {
        let (path, rest) = line.split_once("&resourceVersion=").unwrap_or((line, ""));
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{path}{rest}\n")
    });
    let text: String = lines.collect();
    assert_data_eq!(text, file!["ended/requests.txt"]);
}

#[test]
fn what_a_probe_proposes_works_as_it_is_printed() {
    let (mesh, gone) = by_hand();
    for holder in ["east", "north"] {
        let line = format!("inspect --context {holder} --probe --allow-loopback");
        let output = mesh.world.run(&line).output();
        assert!(
            output.stdout.contains("secret-token-invalid"),
            "{}",
            output.golden()
        );
        mesh.paste("fix: ", &output.stdout);
    }
    is_repaired(&mesh, &gone, "pasted");
}

#[test]
fn a_dry_run_writes_nothing() {
    let (mesh, _) = revoked();
    let output = mesh
        .world
        .run(&format!("{CREATE} --dry-run=server"))
        .output();
    assert_data_eq!(mesh.golden(&output), file!["ended/dry_run.txt"]);
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new());
    }
}

#[test]
fn neither_token_is_shown() {
    let (mesh, _) = revoked();
    let dead = mesh.usual();
    let loud = mesh.world.run(&format!("{CREATE} -vvv")).output();
    let loud = loud.expect_success();
    for token in [dead, mesh.usual()] {
        assert!(!loud.golden().contains(&token), "{}", loud.golden());
    }
}

/// The write in west that is meant: of the new Secret, or of the usual one.
const WRITES: [(&str, &str); 2] = [
    ("the new Secret", "*-token.*"),
    ("the usual one", "*-token"),
];

fn on_write(name: &str) -> Fault {
    Fault::on(
        "PATCH",
        &format!("/api/v1/namespaces/{NAMESPACE}/secrets/{name}"),
    )
}

#[test]
fn whatever_strikes_a_second_run_completes_it() {
    for (what, name) in WRITES {
        let faults: [(&str, Fault); 4] = [
            ("answers 500", on_write(name).status(500)),
            ("resets", on_write(name).reset()),
            ("resets in its answer", on_write(name).reset_in_body()),
            ("refuses", on_write(name).status(403)),
        ];
        for (how, fault) in faults {
            let case = format!("{what} {how}");
            let (mesh, gone) = revoked();
            mesh.world.west.inject(fault);
            let output = mesh.world.run(CREATE).output();
            assert_eq!(output.code, 2, "{case}: {}", output.golden());
            assert_eq!(output.stdout, "", "{case}");
            mesh.clear();
            let output = mesh.world.run(CREATE).output();
            assert_eq!(output.code, 0, "{case}: {}", output.golden());
            is_repaired(&mesh, &gone, &case);
        }
    }
}

#[test]
fn who_is_told_to_wait_or_comes_too_late_tries_again() {
    for (what, name) in WRITES {
        for (how, fault) in [
            ("429", on_write(name).times(1).too_many_requests(0)),
            ("503", on_write(name).times(1).unavailable(0)),
        ] {
            let (mesh, gone) = revoked();
            mesh.world.west.inject(fault);
            let output = mesh.world.run(CREATE).output();
            assert_eq!(output.code, 0, "{what} {how}: {}", output.golden());
            is_repaired(&mesh, &gone, how);
        }
    }
}

#[test]
fn a_conflict_is_read_again() {
    let (mesh, gone) = revoked();
    let west = &mesh.world.west;
    // Between the reading and the writing somebody else writes to the usual Secret, as the API server does at times.
    west.inject(on_write("*-token").latency(Duration::from_secs(1)).times(1));
    let running = mesh.world.run(CREATE).spawn();
    let arrived = wait_until(WITHIN, || {
        let requests = west.requests();
        let mut writes = requests.iter().filter(|one| one.method == "PATCH");
        writes
            .any(|one| !one.path.contains("-token."))
            .then_some(())
    });
    assert!(arrived.is_some(), "the usual Secret was not written");
    west.edit("secrets", NAMESPACE, USUAL, |secret| {
        secret["metadata"]["labels"]["kubernetes.io/legacy-token-last-used"] = "2026-11-21".into();
    });
    let output = running.wait();
    assert_eq!(output.code, 0, "{}", output.golden());
    let requests = west.requests();
    let refused = requests.iter().filter(|one| one.status == Some(409));
    assert_eq!(refused.count(), 1, "there was no conflict");
    is_repaired(&mesh, &gone, "conflict");
}

#[test]
fn after_ctrl_c_between_the_two_secrets_a_second_run_completes_it() {
    let (mesh, gone) = revoked();
    let west = &mesh.world.west;
    // The new Secret is made, and its making takes its time.
    west.inject(
        on_write("*-token.*")
            .latency(Duration::from_secs(1))
            .times(1),
    );
    let running = mesh.world.run(CREATE).spawn();
    let arrived = wait_until(WITHIN, || {
        let requests = west.requests();
        requests
            .iter()
            .any(|one| one.method == "PATCH")
            .then_some(())
    });
    assert!(arrived.is_some(), "no Secret was made");
    running.interrupt();
    let output = running.wait();
    assert_data_eq!(mesh.golden(&output), file!["ended/ctrl_c.txt"]);
    let made = carriers(&mesh);
    assert_eq!(made.len(), 1, "it was not made");
    let output = mesh.world.run(CREATE).output();
    assert_data_eq!(mesh.golden(&output), file!["ended/completed.txt"]);
    assert_eq!(carriers(&mesh), made);
    is_repaired(&mesh, &gone, "interrupted");
}

#[test]
fn two_operators_come_to_the_same_token() {
    for pause in 0..4 {
        let (mesh, gone) = revoked();
        for cluster in mesh.clusters() {
            cluster.inject(Fault::everywhere().latency(Duration::from_millis(20)));
        }
        let first = mesh.world.run(CREATE).spawn();
        let begun = wait_until(WITHIN, || {
            (mesh.world.west.requests().len() >= 2 * pause).then_some(())
        });
        assert!(begun.is_some());
        let second = mesh.world.run(CREATE).spawn();
        for output in [first.wait(), second.wait()] {
            assert_eq!(output.code, 0, "{}", output.golden());
        }
        mesh.clear();
        is_repaired(&mesh, &gone, "two at once");
    }
}
