//! `rotate`: what is replaced, what is revoked and when, and what it says where it does not revoke. The istiods of embedded
//! clusters cannot be asked, so that runs that are to revoke say `--revoke-unseen`; real ones are asked in the suite's e2e tests.

use mesh_testkit::embedded::Fault;
use serde_json::json;
use snapbox::{assert_data_eq, file};

use crate::support::{Mesh, NAMESPACE, SECRET, USUAL};

#[test]
fn a_shared_token_is_replaced_in_all_holders_and_then_revoked() {
    let mesh = Mesh::sharing();
    let (old, manifest) = (mesh.usual(), mesh.manifest(""));
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/shared.txt"]);
    let new = mesh.usual();
    assert_ne!(old, new);
    for holder in mesh.holders() {
        assert_eq!(Mesh::token(holder), new);
    }
    mesh.holders_work();
    assert!(!mesh.is_accepted(&manifest), "the old token still works");
    assert_eq!(mesh.secrets_of_west().len(), 2);
    // Who asks for a secret now gets the new token.
    assert!(mesh.manifest("").contains(&new));
}

#[test]
fn the_next_rotation_takes_the_place_of_the_last_one() {
    let mesh = Mesh::sharing();
    for _ in 0..3 {
        let manifest = mesh.manifest("");
        let line = "rotate west --revoke-unseen";
        mesh.world.run(line).output().expect_success();
        mesh.holders_work();
        assert!(!mesh.is_accepted(&manifest), "the old token still works");
        assert!(mesh.is_accepted(&mesh.manifest("")));
        let secrets = mesh.secrets_of_west();
        assert_eq!(secrets.len(), 2, "{secrets:?}");
    }
}

#[test]
fn where_istiods_cannot_be_asked_nothing_is_revoked_and_a_second_run_completes_it() {
    let mesh = Mesh::sharing();
    let manifest = mesh.manifest("");
    let output = mesh.world.run("rotate west").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/unseen.txt"]);
    assert!(mesh.is_accepted(&manifest), "it was revoked");
    mesh.holders_work();
    let new = Mesh::token(&mesh.north);
    // Meanwhile the new token is what is given out.
    assert!(mesh.manifest("").contains(&new));
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/completed.txt"]);
    assert!(!mesh.is_accepted(&manifest), "it was not revoked");
    assert_eq!(
        (Mesh::token(&mesh.world.east), mesh.usual()),
        (new.clone(), new)
    );
}

#[test]
fn a_holder_that_is_left_out_keeps_the_old_token_alive() {
    let mesh = Mesh::sharing();
    let manifest = mesh.manifest("");
    let output = mesh
        .world
        .run("rotate west --context east --revoke-unseen")
        .output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/left_out.txt"]);
    assert!(mesh.is_accepted(&manifest));
    mesh.holders_work();
    let both = "rotate west --context east,north --revoke-unseen";
    mesh.world.run(both).output().expect_success();
    mesh.holders_work();
    assert!(!mesh.is_accepted(&manifest));
}

#[test]
fn a_dead_holder_keeps_the_old_token_alive() {
    let mut mesh = Mesh::sharing();
    let manifest = mesh.manifest("");
    mesh.north.stop();
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/dead.txt"]);
    assert!(mesh.is_accepted(&manifest));
}

#[test]
fn a_holder_that_cannot_be_read_keeps_the_old_token_alive() {
    let mesh = Mesh::sharing();
    let manifest = mesh.manifest("");
    mesh.north
        .inject(Fault::on("GET", "/api/v1/namespaces/*/secrets").status(403));
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/unreadable.txt"]);
    assert!(mesh.is_accepted(&manifest));
    mesh.clear();
    mesh.holders_work();
}

#[test]
fn a_holder_that_does_not_allow_the_write_does_not_affect_the_others() {
    let mesh = Mesh::sharing();
    let manifest = mesh.manifest("");
    mesh.north
        .inject(Fault::on("PATCH", "/api/v1/**").status(403));
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/write_forbidden.txt"]);
    assert!(mesh.is_accepted(&manifest));
    // Where no holder gets the new token the failure is an error.
    let line = "rotate west --context north --no-other-holders --revoke-unseen";
    let output = mesh.world.run(line).output();
    assert_data_eq!(
        mesh.golden(&output),
        file!["rotate/every_write_forbidden.txt"]
    );
    mesh.clear();
    mesh.holders_work();
}

#[test]
fn who_says_that_there_are_no_other_holders_is_believed() {
    let mut mesh = Mesh::sharing();
    mesh.north.stop();
    let line = "rotate west --context east --no-other-holders --revoke-unseen";
    let output = mesh.world.run(line).output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/no_other_holders.txt"]);
}

#[test]
fn tokens_of_a_holders_own_are_revoked_alone() {
    let mesh = Mesh::with("--token-duration 2h");
    let north = Mesh::token(&mesh.north);
    let line = "rotate west --context east --revoke-unseen";
    let output = mesh.world.run(line).output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/bound.txt"]);
    assert_eq!(Mesh::token(&mesh.north), north);
    mesh.holders_work();
    let secrets = mesh.secrets_of_west();
    let of_east = secrets.iter().filter(|name| name.contains("for-east"));
    assert_eq!(of_east.count(), 1, "{secrets:?}");
}

#[test]
fn a_token_that_was_rotated_is_kept_as_one_that_was_made() {
    let mesh = Mesh::with("--token-duration 2h");
    let line = "rotate west --revoke-unseen";
    mesh.world.run(line).output().expect_success();
    let rotated = mesh.holders().map(Mesh::token);
    let line = "create --name west --allow-loopback --into east,north --token-duration 2h";
    mesh.world.run(line).output().expect_success();
    assert_eq!(mesh.holders().map(Mesh::token), rotated);
}

#[test]
fn a_token_of_a_holders_own_is_revoked_though_another_cluster_is_dead() {
    let mut mesh = Mesh::with("--token-duration 2h");
    mesh.north.stop();
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/bound_dead.txt"]);
}

#[test]
fn unending_tokens_of_a_holders_own_are_revoked_alone() {
    let mesh = Mesh::sharing();
    let shared = mesh.usual();
    let own = "create --name west --allow-loopback --into east --for east";
    mesh.world.run(own).output().expect_success();
    let manifest = mesh.manifest("--for east");
    let line = "rotate west --context east --revoke-unseen";
    let output = mesh.world.run(line).output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/own.txt"]);
    assert_eq!(
        (mesh.usual(), Mesh::token(&mesh.north)),
        (shared.clone(), shared)
    );
    assert!(!mesh.is_accepted(&manifest));
    mesh.holders_work();
    assert!(
        mesh.manifest("--for east")
            .contains(&Mesh::token(&mesh.world.east))
    );
}

#[test]
fn only_what_is_due_is_rotated() {
    let mesh = Mesh::with("--token-duration 2h");
    for (line, code, rotated) in [
        ("rotate --all --older-than 1h --revoke-unseen", 0, 0),
        ("rotate --all --expiring-within 1h --revoke-unseen", 0, 0),
        ("rotate --all --expiring-within 3h --revoke-unseen", 0, 2),
    ] {
        let output = mesh.world.run(line).output();
        let lines = output
            .stdout
            .lines()
            .filter(|one| one.contains(" rotated "));
        assert_eq!(
            (output.code, lines.count()),
            (code, rotated),
            "{}",
            output.golden()
        );
        if rotated == 0 {
            assert_eq!(output.stderr, "no token is due\n");
        }
    }
    mesh.holders_work();
}

#[test]
fn only_the_token_changes_and_what_kubectl_remembers_of_the_old_one_goes() {
    let mesh = Mesh::sharing();
    let old = mesh.usual();
    let secret = mesh.world.east.get("secrets", NAMESPACE, SECRET).unwrap();
    mesh.world.east.delete("secrets", NAMESPACE, SECRET);
    let last = format!("{{\"token\":\"{old}\"}}");
    mesh.world.east.create_as(
        "kubectl-client-side-apply",
        json!({
            "apiVersion": "v1", "kind": "Secret", "data": secret["data"],
            "metadata": {"name": SECRET, "namespace": NAMESPACE,
                "labels": {"istio/multiCluster": "true", "team": "a"},
                "annotations": {"networking.istio.io/cluster": "west",
                    "kubectl.kubernetes.io/last-applied-configuration": last}},
        }),
    );
    let line = "rotate west --context east,north --revoke-unseen";
    mesh.world.run(line).output().expect_success();
    let after = mesh.world.east.get("secrets", NAMESPACE, SECRET).unwrap();
    assert!(!after.to_string().contains(&old));
    let annotations = after["metadata"]["annotations"].as_object().unwrap();
    assert!(
        !annotations.keys().any(|key| key.starts_with("kubectl")),
        "{annotations:?}"
    );
    assert_eq!(
        after["metadata"]["labels"],
        json!({"istio/multiCluster": "true", "team": "a"})
    );
    // What is made for the same cluster later changes nothing, and is not in its own way.
    let again = "create --name west --allow-loopback --into east --no-verify";
    let output = mesh.world.run(again).output().expect_success();
    assert!(output.stdout.contains("unchanged"), "{}", output.golden());
}

#[test]
fn a_strangers_secret_is_named_before_anything_is_made() {
    let mesh = Mesh::sharing();
    let secret = mesh.north.get("secrets", NAMESPACE, SECRET).unwrap();
    mesh.north.delete("secrets", NAMESPACE, SECRET);
    mesh.north.create_as("argocd-controller", json!({
        "apiVersion": "v1", "kind": "Secret", "data": secret["data"],
        "metadata": {"name": SECRET, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}},
    }));
    let output = mesh
        .world
        .run("rotate west --context east,north --revoke-unseen")
        .output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/stranger.txt"]);
    assert_eq!(mesh.secrets_of_west(), [USUAL]);
}

#[test]
fn what_cannot_be_rotated_is_said() {
    let mesh = Mesh::sharing();
    let output = mesh.world.run("rotate south").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/nothing_called_so.txt"]);
    mesh.world.west.delete("secrets", NAMESPACE, USUAL);
    let output = mesh.world.run("rotate west").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/revoked_already.txt"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let mesh = Mesh::sharing();
    let output = mesh.world.run("rotate west --dry-run").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate/dry_run.txt"]);
    for cluster in mesh.clusters() {
        let writes = mesh_testkit::black_box::writes(cluster);
        assert!(writes.is_empty(), "{writes:?}");
    }
}

#[test]
fn neither_token_is_shown() {
    let mesh = Mesh::sharing();
    let old = mesh.usual();
    let output = mesh
        .world
        .run("rotate west --revoke-unseen -vvv")
        .output()
        .expect_success();
    for token in [old, mesh.usual()] {
        assert!(!output.golden().contains(&token), "{}", output.golden());
    }
}

#[test]
fn each_cluster_is_asked_for_little() {
    let mesh = Mesh::sharing();
    mesh.world
        .run("rotate west --revoke-unseen")
        .output()
        .expect_success();
    for (cluster, golden) in [
        (&mesh.world.west, file!["rotate/requests_west.txt"]),
        (&mesh.north, file!["rotate/requests_north.txt"]),
    ] {
        assert_eq!(cluster.connections().len(), 1);
        let requests = cluster.requests();
        let lines = requests
            .iter()
            .map(|one| format!("{} {}\n", one.method, one.path));
        let text: String = lines.collect();
        assert_data_eq!(masked(&text), golden);
    }
}

/// Requests, sorted, without what varies from run to run.
fn masked(text: &str) -> String {
    let line = |line: &str| {
        let line = line.split("&resourceVersion").next().unwrap_or_default();
        match line.split_once("-token.") {
            Some((before, after)) => format!("{before}-token.[UID]{}\n", &after[8..]),
            None => format!("{line}\n"),
        }
    };
    let mut lines: Vec<String> = text.lines().map(line).collect();
    lines.sort();
    lines.concat()
}
