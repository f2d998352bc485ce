//! Secrets that lead `delete --revoke` to what is not theirs to end.

use mesh_testkit::black_box::writes;
use serde_json::json;
use snapbox::{assert_data_eq, file};

use super::made_up::{READER, claims};
use super::{kubeconfig, powerful, replace, uid};
use crate::support::{Mesh, NAMESPACE, SECRET, USUAL, add_reader, token_of};

const REVOKE: &str = "delete west --context east --revoke --yes";

/// East's secret alone, as north has none.
fn alone() -> Mesh {
    let mesh = Mesh::sharing();
    mesh.north.delete("secrets", NAMESPACE, SECRET);
    mesh.clear();
    mesh
}

/// Nothing was deleted anywhere.
fn nothing_went(mesh: &Mesh) {
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new());
    }
}

#[test]
fn a_made_up_token_of_another_account_deletes_none_of_its_secrets() {
    let mesh = alone();
    let west = &mesh.world.west;
    let system = west.service_account_with_token("kube-system", "bootstrap", "bootstrap-token");
    let secret = uid(west, "secrets", "kube-system", "bootstrap-token");
    let account = claims(
        &mesh,
        "kube-system",
        "bootstrap",
        ("bootstrap-token", &secret),
    );
    // Also where it is the real one, which a reader may read.
    for token in [token_of(&account), system, powerful(west)] {
        replace(&mesh, &kubeconfig(west, &token));
        mesh.clear();
        for more in ["", " --remote-context west"] {
            let output = mesh.world.run(&format!("{REVOKE}{more}")).output();
            assert_eq!(output.code, 2, "{}", output.golden());
            if more.is_empty() && token.starts_with("e30.") {
                assert_data_eq!(mesh.golden(&output), file!["revoke_another_account.txt"]);
            }
        }
        nothing_went(&mesh);
    }
}

#[test]
fn a_made_up_token_of_the_reader_deletes_nothing_in_the_remote_cluster() {
    for more in ["", " --remote-context west"] {
        let mesh = alone();
        let west = &mesh.world.west;
        west.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "cacerts", "namespace": NAMESPACE}, "stringData": {"ca-key.pem": "x"}}));
        let secret = uid(west, "secrets", NAMESPACE, "cacerts");
        let token = token_of(&claims(&mesh, NAMESPACE, READER, ("cacerts", &secret)));
        replace(&mesh, &kubeconfig(west, &token));
        mesh.clear();
        let output = mesh.world.run(&format!("{REVOKE}{more}")).output();
        if more.is_empty() {
            assert_data_eq!(mesh.golden(&output), file!["revoke_made_up.txt"]);
        }
        assert_eq!(writes(west), Vec::<String>::new(), "{}", output.golden());
        assert!(west.get("secrets", NAMESPACE, "cacerts").is_some());
    }
}

#[test]
fn a_secret_for_west_with_a_live_token_of_north_is_refused_by_name() {
    let mesh = alone();
    let token = add_reader(&mesh.north);
    replace(&mesh, &kubeconfig(&mesh.north, &token));
    mesh.clear();
    let output = mesh.world.run(REVOKE).output();
    assert_data_eq!(mesh.golden(&output), file!["revoke_for_another.txt"]);
    let west = format!("{REVOKE} --remote-context west");
    let output = mesh.world.run(&west).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    nothing_went(&mesh);
    // Who names north means it.
    let north = format!("{REVOKE} --remote-context north");
    mesh.world.run(&north).output().expect_success();
    assert!(mesh.north.get("secrets", NAMESPACE, USUAL).is_none());
}

#[test]
fn what_the_token_is_bound_to_stays_where_it_was_not_made_for_it() {
    let mesh = Mesh::with("--token-duration 2h");
    let anchor = format!("{READER}-token-for-east");
    mesh.world
        .west
        .edit("secrets", NAMESPACE, &anchor, |secret| {
            secret["metadata"]["annotations"] = json!({});
        });
    mesh.clear();
    let output = mesh.world.run(REVOKE).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    nothing_went(&mesh);
}
