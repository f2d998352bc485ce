//! `--prune`: which secrets go, who is asked, and when all of them stay.

use mesh_testkit::black_box::writes;
use serde_json::json;

use super::faults::remote_secret;
use super::mesh::{EXCHANGE, Mesh};

/// The golden files of this file's tests.
pub(super) const GOLDEN: &[&str] = &[
    "prune_yes",
    "prune_no_terminal",
    "prune_dry",
    "prune_dry_server",
    "prune_dead",
    "prune_nothing",
    "prune_refused",
    "prune_forbidden",
    "prune_changed",
    "prune_asked_yes",
    "prune_asked_no",
];

const PRUNE: &str = "exchange --context east,west --allow-loopback --prune";

/// East, west and north hold secrets for each other; north is to leave. East has more that a careless hand would take.
fn leaving() -> Mesh {
    let mesh = Mesh::new();
    mesh.run(EXCHANGE).output().expect_success();
    // It leads to two clusters, of which one stays.
    let mut both = remote_secret("both", "gone");
    both["data"]["west"] = both["data"]["gone"].clone();
    mesh.west.create(both);
    let mut other = remote_secret("no-remote-secret", "gone");
    other["metadata"]["labels"] = json!({"istio/multiCluster": "false"});
    mesh.east.create(other);
    let mut elsewhere = remote_secret("elsewhere", "gone");
    elsewhere["metadata"]["namespace"] = "default".into();
    mesh.east.create(elsewhere);
    mesh.east
        .create_as("argocd-controller", remote_secret("gone", "gone"));
    mesh.forget();
    mesh
}

const BEFORE: &str = "east: elsewhere gone north west, north: east west, west: both east north";
const AFTER: &str = "east: elsewhere west, north: east west, west: both east";

#[test]
fn secrets_of_clusters_that_are_not_named_go_and_no_others() {
    let mesh = leaving();
    assert_eq!(mesh.held(), BEFORE);
    let output = mesh.run(&format!("{PRUNE} --yes")).output();
    mesh.is_golden("prune_yes", &output);
    assert_eq!(mesh.held(), AFTER);
    assert!(
        mesh.east
            .get("secrets", "istio-system", "no-remote-secret")
            .is_some()
    );
    assert_eq!(writes(&mesh.north), Vec::<String>::new());
    let again = mesh.run(PRUNE).output();
    mesh.is_golden("prune_nothing", &again);
}

#[test]
fn without_a_terminal_it_wants_yes_and_does_nothing_else() {
    let mesh = leaving();
    mesh.west
        .delete("secrets", "istio-system", "istio-remote-secret-east");
    let output = mesh.run(PRUNE).output();
    mesh.is_golden("prune_no_terminal", &output);
    assert_eq!(mesh.writes(), Vec::<String>::new());
}

#[test]
fn a_person_is_asked() {
    for (answer, name, held, code) in [
        ("y\n", "prune_asked_yes", AFTER, 0),
        ("n\n", "prune_asked_no", BEFORE, 2),
    ] {
        let mesh = leaving();
        let running = mesh.run(PRUNE).at_terminal().spawn();
        running.wait_for_stderr("[y/N]");
        assert_eq!(mesh.held(), BEFORE);
        running.type_in(answer);
        let output = running.wait();
        mesh.is_golden(name, &output);
        assert_eq!((mesh.held().as_str(), output.code), (held, code));
    }
}

#[test]
fn ctrl_c_is_an_answer() {
    let mesh = leaving();
    let running = mesh.run(PRUNE).at_terminal().spawn();
    running.wait_for_stderr("[y/N]");
    running.interrupt();
    let output = running.wait();
    assert_eq!(output.code, 130, "{}", output.golden());
    assert_eq!(mesh.writes(), Vec::<String>::new());
}

#[test]
fn a_dry_run_shows_what_would_go_and_asks_nobody() {
    let mesh = leaving();
    for (mode, name) in [("client", "prune_dry"), ("server", "prune_dry_server")] {
        let output = mesh.run(&format!("{PRUNE} --dry-run={mode}")).output();
        mesh.is_golden(name, &output);
    }
    assert_eq!(mesh.held(), BEFORE);
    // The client's sends nothing; the server's asks for three deletions that are none.
    assert_eq!(mesh.writes().len(), 3, "{:?}", mesh.writes());
}

#[test]
fn all_stay_where_a_cluster_is_not_reached() {
    let mut mesh = leaving();
    mesh.north.stop();
    let output = mesh.run(&format!("{EXCHANGE} --prune --yes")).output();
    mesh.is_golden("prune_dead", &output);
    assert_eq!(mesh.held(), BEFORE);
}

#[test]
fn all_stay_where_not_everything_else_was_done() {
    let mesh = leaving();
    mesh.west
        .delete("secrets", "istio-system", "istio-remote-secret-east");
    mesh.west.deny("admin", "patch", "secrets");
    let output = mesh.run(&format!("{PRUNE} --yes")).output();
    mesh.is_golden("prune_refused", &output);
    assert_eq!(mesh.held(), BEFORE.replace("both east", "both"));
}

#[test]
fn a_cluster_where_none_may_be_deleted_keeps_its_own() {
    let mesh = leaving();
    mesh.east.deny("admin", "delete", "secrets");
    let output = mesh.run(&format!("{PRUNE} --yes")).output();
    mesh.is_golden("prune_forbidden", &output);
    assert_eq!(
        mesh.held(),
        "east: elsewhere gone north west, north: east west, west: both east"
    );
}

#[test]
fn one_that_was_made_anew_in_the_meantime_stays() {
    let mesh = leaving();
    let running = mesh.run(PRUNE).at_terminal().spawn();
    running.wait_for_stderr("[y/N]");
    mesh.east.delete("secrets", "istio-system", "gone");
    mesh.east.create(remote_secret("gone", "gone"));
    running.type_in("yes\n");
    let output = running.wait();
    mesh.is_golden("prune_changed", &output);
    assert_eq!(mesh.held(), AFTER.replace("elsewhere", "elsewhere gone"));
}
