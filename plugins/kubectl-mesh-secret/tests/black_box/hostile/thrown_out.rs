//! Holders that were thrown out and put back what they had, or that hold what is another holder's: a live token is no reason to
//! get a new one.

use mesh_testkit::black_box::writes;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, file};

use super::{kubeconfig, replace};
use crate::support::{Mesh, NAMESPACE, SECRET, USUAL, decoded};

const ALL: &str = "rotate --all --revoke-unseen";

/// East's secret for west as somebody would put it back: the same in everything that a person may choose.
fn put_back(mesh: &Mesh, secret: &Value) {
    let metadata = json!({"name": SECRET, "namespace": NAMESPACE,
        "labels": secret["metadata"]["labels"], "annotations": secret["metadata"]["annotations"]});
    mesh.world
        .east
        .create(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": metadata, "data": secret["data"]}));
}

fn secret_of_east(mesh: &Mesh) -> Value {
    mesh.world.east.get("secrets", NAMESPACE, SECRET).unwrap()
}

/// East was thrown out, and put back the secret that it had, with the real token.
fn thrown_out(more: &str) -> Mesh {
    let mesh = Mesh::with(more);
    let secret = secret_of_east(&mesh);
    let line = "delete west --context east --yes";
    mesh.world.run(line).output().expect_success();
    put_back(&mesh, &secret);
    mesh.clear();
    mesh
}

/// Takes away what west's Secrets record of holders, as where an earlier version or istioctl made them.
fn forget(mesh: &Mesh) {
    for name in mesh.secrets_of_west() {
        mesh.world.west.edit("secrets", NAMESPACE, &name, |secret| {
            if let Some(annotations) = secret["metadata"]["annotations"].as_object_mut() {
                annotations.retain(|key, _| !key.starts_with("holder."));
            }
        });
    }
}

#[test]
fn who_was_thrown_out_and_puts_back_the_real_token_gets_no_new_one() {
    let mesh = thrown_out("");
    let (old, manifest) = (secret_of_east(&mesh), mesh.manifest(""));
    let output = mesh.world.run(ALL).output();
    assert_data_eq!(mesh.golden(&output), file!["put_back.txt"]);
    assert_eq!(secret_of_east(&mesh), old);
    assert_ne!(Mesh::token(&mesh.north), Mesh::token(&mesh.world.east));
    assert!(mesh.is_accepted(&manifest), "it was revoked under east");
    // The operator decides: the others are all that count, and the token that east has ends.
    let line = "rotate west --context north --no-other-holders --revoke-unseen";
    mesh.world.run(line).output().expect_success();
    assert!(!mesh.is_accepted(&manifest), "the old token still works");
    assert_eq!(secret_of_east(&mesh), old);
}

#[test]
fn nor_where_its_token_was_its_own() {
    let mesh = thrown_out("--token-duration 2h");
    let old = secret_of_east(&mesh);
    let output = mesh.world.run(ALL).output();
    assert_data_eq!(mesh.golden(&output), file!["put_back_bound.txt"]);
    assert_eq!(secret_of_east(&mesh), old);
}

#[test]
fn nor_where_its_server_claims_to_have_the_secret_of_another_holder() {
    let mesh = thrown_out("");
    let of_north = mesh.north.get("secrets", NAMESPACE, SECRET).unwrap();
    mesh.world
        .east
        .edit("secrets", NAMESPACE, SECRET, |secret| {
            secret["metadata"]["uid"] = of_north["metadata"]["uid"].clone();
        });
    mesh.world
        .east
        .edit("namespaces", "", "kube-system", |namespace| {
            namespace["metadata"]["uid"] = mesh.north.uid().into();
        });
    let old = secret_of_east(&mesh);
    let output = mesh.world.run(ALL).output();
    assert_eq!(output.code, 3, "{}", output.golden());
    assert_eq!(secret_of_east(&mesh), old);
    let line = format!("secret/{SECRET} rotated in context north\n");
    assert_eq!(output.stdout, line);
}

#[test]
fn a_holder_with_the_token_of_another_one_gets_no_new_one_of_these() {
    let mesh = Mesh::sharing();
    let own = "create --name west --allow-loopback --into north --for north";
    mesh.world.run(own).output().expect_success();
    // A reader may read every Secret of west.
    let name = format!("{USUAL}-north");
    let secret = mesh.world.west.get("secrets", NAMESPACE, &name).unwrap();
    let token = decoded(&secret["data"]["token"]);
    replace(&mesh, &kubeconfig(&mesh.world.west, &token));
    let old = secret_of_east(&mesh);
    mesh.clear();
    let output = mesh.world.run(ALL).output();
    assert_data_eq!(mesh.golden(&output), file!["of_another.txt"]);
    assert_eq!(secret_of_east(&mesh), old);
}

#[test]
fn where_nothing_is_recorded_the_holders_are_named_and_then_known() {
    let mesh = Mesh::sharing();
    forget(&mesh);
    for line in [
        ALL,
        "rotate --all --context east,north --revoke-unseen",
        "rotate west --revoke-unseen",
    ] {
        mesh.clear();
        let output = mesh.world.run(line).output();
        assert_eq!(output.code, 2, "{line}: {}", output.golden());
        for cluster in mesh.clusters() {
            assert_eq!(writes(cluster), Vec::<String>::new(), "{line}");
        }
        if line.contains("west") {
            assert_data_eq!(mesh.golden(&output), file!["not_recorded.txt"]);
            let command = output
                .stderr
                .lines()
                .find_map(|line| line.strip_prefix("hint: kubectl mesh-secret "));
            let line = format!("{} --revoke-unseen", command.unwrap());
            mesh.world.run(&line).output().expect_success();
        }
    }
    mesh.holders_work();
    mesh.world.run(ALL).output().expect_success();
    mesh.holders_work();
}

#[test]
fn what_is_not_due_is_not_told_of() {
    let mesh = Mesh::sharing();
    forget(&mesh);
    let output = mesh
        .world
        .run("rotate --all --expiring-within 24h")
        .output();
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (0, "no token is due\n")
    );
}

#[test]
fn a_secret_for_a_cluster_of_another_name_gets_no_token_of_this_one() {
    let mesh = thrown_out("");
    mesh.world
        .east
        .edit("secrets", NAMESPACE, SECRET, |secret| {
            let kubeconfig = secret["data"]["west"].clone();
            secret["data"] = json!({"south": kubeconfig});
        });
    let old = secret_of_east(&mesh);
    let output = mesh
        .world
        .run("rotate south --context east --revoke-unseen")
        .output();
    assert_data_eq!(mesh.golden(&output), file!["other_name.txt"]);
    assert_eq!(secret_of_east(&mesh), old);
    let line =
        "rotate south --context east --remote-context west --revoke-unseen --force-conflicts";
    let output = mesh.world.run(line).output();
    assert!(
        output.stdout.contains("rotated in context east"),
        "{}",
        output.golden()
    );
}

#[test]
fn a_second_create_writes_no_record_that_is_there() {
    let mesh = Mesh::sharing();
    let again = "create --name west --allow-loopback --into east,north";
    mesh.world.run(again).output().expect_success();
    for cluster in mesh.clusters() {
        assert_eq!(writes(cluster), Vec::<String>::new());
    }
    forget(&mesh);
    mesh.clear();
    mesh.world.run(again).output().expect_success();
    assert_eq!(writes(&mesh.world.west).len(), 1);
    mesh.world.run(ALL).output().expect_success();
}
