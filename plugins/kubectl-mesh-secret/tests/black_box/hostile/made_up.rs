//! Tokens that west's API server never accepted, or that are not the reader's: nothing is made, written or deleted in west on
//! their word, whatever they claim.

use std::time::Duration;

use mesh_testkit::black_box::writes;
use mesh_testkit::embedded::Fault;
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq, file};

use super::{ROTATIONS, kubeconfig, powerful, replace, uid};
use crate::support::{Mesh, NAMESPACE, SECRET, USUAL, golden_file, token_of};

pub(super) const READER: &str = "istio-reader-service-account";

/// The claims of a bound token of this account.
pub(super) fn claims(mesh: &Mesh, namespace: &str, account: &str, secret: (&str, &str)) -> Value {
    let account_uid = uid(&mesh.world.west, "serviceaccounts", namespace, account);
    json!({"sub": format!("system:serviceaccount:{namespace}:{account}"), "iss": mesh.world.west.issuer(),
        "iat": 1_700_000_000, "exp": 4_000_000_000_i64, "aud": [mesh.world.west.issuer()],
        "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": account_uid},
            "secret": {"name": secret.0, "uid": secret.1}}})
}

/// Runs every rotation; nothing is written in west, and its Secrets stay as they are.
fn nothing_comes_of(mesh: &Mesh, case: &str) {
    let before = mesh.world.west.objects();
    for line in ROTATIONS {
        mesh.clear();
        let output = mesh.world.run(line).output();
        let made = writes(&mesh.world.west);
        assert_eq!(
            made,
            Vec::<String>::new(),
            "{case} {line}: {}",
            output.golden()
        );
        assert!(
            [2, 3].contains(&output.code),
            "{case} {line}: {}",
            output.golden()
        );
    }
    assert_eq!(mesh.world.west.objects(), before, "{case}");
}

/// North has nothing, so that east's secret is all that there is.
fn alone() -> Mesh {
    let mesh = Mesh::sharing();
    mesh.north.delete("secrets", NAMESPACE, SECRET);
    mesh
}

#[test]
fn a_token_without_a_signature_brings_no_token_of_a_powerful_account() {
    let mesh = alone();
    let west = &mesh.world.west;
    powerful(west);
    let secret = uid(west, "secrets", "argocd", "argocd-token");
    let token = token_of(&claims(
        &mesh,
        "argocd",
        "argocd-application-controller",
        ("argocd-token", &secret),
    ));
    replace(&mesh, &kubeconfig(west, &token));
    let output = mesh
        .world
        .run("rotate west --context east --revoke-unseen")
        .output();
    assert_data_eq!(mesh.golden(&output), file!["another_account.txt"]);
    nothing_comes_of(&mesh, "argocd");
}

#[test]
fn a_token_without_a_signature_brings_none_of_the_reader_and_deletes_nothing() {
    let mesh = alone();
    let west = &mesh.world.west;
    west.create(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cacerts", "namespace": NAMESPACE},
        "stringData": {"ca-key.pem": "x"}}));
    for name in ["cacerts", USUAL] {
        let secret = uid(west, "secrets", NAMESPACE, name);
        let token = token_of(&claims(&mesh, NAMESPACE, READER, (name, &secret)));
        replace(&mesh, &kubeconfig(west, &token));
        if name == USUAL {
            let line = "rotate west --context east --revoke-unseen";
            let output = mesh.world.run(line).output();
            assert_data_eq!(mesh.golden(&output), file!["never_accepted.txt"]);
        }
        nothing_comes_of(&mesh, name);
    }
}

#[test]
fn a_token_that_names_a_token_secret_has_to_be_the_text_in_it() {
    let mesh = alone();
    let west = &mesh.world.west;
    let account_uid = uid(west, "serviceaccounts", NAMESPACE, READER);
    let token = token_of(
        &json!({"sub": format!("system:serviceaccount:{NAMESPACE}:{READER}"),
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/secret.name": USUAL,
        "kubernetes.io/serviceaccount/service-account.uid": account_uid}),
    );
    replace(&mesh, &kubeconfig(west, &token));
    nothing_comes_of(&mesh, "not in the Secret");
    // Not even where the API server accepts it as the reader.
    let user = format!("system:serviceaccount:{NAMESPACE}:{READER}");
    west.accept(&token, &user, &account_uid);
    nothing_comes_of(&mesh, "accepted and not in the Secret");
}

#[test]
fn a_token_that_is_accepted_as_somebody_else_is_not_the_readers() {
    let mesh = alone();
    let west = &mesh.world.west;
    let secret = uid(west, "secrets", NAMESPACE, USUAL);
    let user = format!("system:serviceaccount:{NAMESPACE}:{READER}");
    let token = token_of(&claims(&mesh, NAMESPACE, READER, (USUAL, &secret)));
    replace(&mesh, &kubeconfig(west, &token));
    for (name, uid) in [
        ("jane@example.com", ""),
        (user.as_str(), ""),
        (user.as_str(), "another"),
    ] {
        // As an authenticator of OpenID Connect would, which knows nothing of Kubernetes' claims.
        west.accept(&token, name, uid);
        nothing_comes_of(&mesh, name);
    }
}

#[test]
fn a_live_token_of_another_account_is_not_replaced_unless_it_is_named() {
    let mesh = alone();
    // A reader may read every Secret, and so this token.
    let token = powerful(&mesh.world.west);
    replace(&mesh, &kubeconfig(&mesh.world.west, &token));
    nothing_comes_of(&mesh, "argocd's own");
    let line = "rotate west --context east --revoke-unseen --service-account argocd/argocd-application-controller";
    let output = mesh.world.run(line).output();
    assert_eq!(output.code, 0, "{}", output.golden());
}

#[test]
fn a_made_up_token_among_good_ones_gets_nothing_and_holds_up_nothing() {
    let mesh = Mesh::with("--token-duration 2h");
    let west = &mesh.world.west;
    let anchor = format!("{READER}-token-for-north");
    let secret = uid(west, "secrets", NAMESPACE, &anchor);
    let token = token_of(&claims(&mesh, NAMESPACE, READER, (&anchor, &secret)));
    replace(&mesh, &kubeconfig(west, &token));
    let before = Mesh::token(&mesh.north);
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_data_eq!(mesh.golden(&output), file!["among_good_ones.txt"]);
    assert_ne!(Mesh::token(&mesh.north), before);
    let after = mesh.world.east.get("secrets", NAMESPACE, SECRET).unwrap();
    assert_eq!(
        after["data"]["west"],
        super::base64(&kubeconfig(west, &token))
    );
}

#[test]
fn neither_token_is_sent_to_an_address_that_the_secret_names() {
    let mesh = Mesh::sharing();
    let token = mesh.usual();
    // East leads its secret to a server of its own, which sees what is sent there.
    replace(&mesh, &kubeconfig(&mesh.world.east, &token));
    let output = mesh.world.run("rotate west --revoke-unseen").output();
    assert_eq!(output.code, 0, "{}", output.golden());
    for cluster in [&mesh.world.east, &mesh.north] {
        let requests = cluster.requests();
        let strangers = requests
            .iter()
            .filter(|one| one.status == Some(401))
            .count();
        assert_eq!(strangers, 0, "{}", cluster.name());
        assert!(
            !requests
                .iter()
                .any(|one| one.path.contains("selfsubjectreviews"))
        );
    }
}

#[test]
fn a_secret_that_was_not_made_for_the_token_is_not_deleted_with_it() {
    for is_marked in [true, false] {
        let mesh = Mesh::with("--token-duration 2h");
        let west = &mesh.world.west;
        let anchor = format!("{READER}-token-for-east");
        west.edit("secrets", NAMESPACE, &anchor, |secret| {
            if is_marked {
                secret["data"] = json!({"root-cert.pem": "eA=="});
            } else {
                secret["metadata"]["annotations"] = json!({});
            }
        });
        let line = "rotate west --context east --revoke-unseen";
        let output = mesh.world.run(line).output();
        assert_data_eq!(mesh.golden(&output), file!["not_made_for_it.txt"]);
        assert!(west.get("secrets", NAMESPACE, &anchor).is_some());
    }
}

#[test]
fn a_cluster_that_cannot_be_asked_is_not_taken_for_one_that_refuses() {
    let mesh = Mesh::sharing();
    for (fault, name) in [
        (reviews().status(500), "fails"),
        (reviews().status(403), "forbids"),
    ] {
        mesh.world.west.inject(fault);
        let output = mesh.world.run("rotate west --revoke-unseen").output();
        let golden = golden_file("hostile", &format!("asking_{name}"));
        assert_data_eq!(mesh.golden(&output), Data::read_from(&golden, None));
        assert_eq!(writes(&mesh.world.west), Vec::<String>::new());
        mesh.clear();
    }
    mesh.world
        .run("rotate west --revoke-unseen")
        .output()
        .expect_success();
    mesh.holders_work();
}

fn reviews() -> Fault {
    Fault::on("POST", "/apis/authentication.k8s.io/**")
}

#[test]
fn what_is_deleted_is_what_was_read_last() {
    let mesh = Mesh::with("--token-duration 2h");
    let west = &mesh.world.west;
    west.inject(
        Fault::on("DELETE", "**")
            .latency(Duration::from_secs(1))
            .times(1),
    );
    let running = mesh
        .world
        .run("rotate west --context east --revoke-unseen")
        .spawn();
    let is_deleting = || {
        let requests = west.requests();
        requests
            .iter()
            .any(|one| one.method == "DELETE")
            .then_some(())
    };
    assert!(mesh_testkit::condition::wait_until(Duration::from_secs(20), is_deleting).is_some());
    let anchor = format!("{READER}-token-for-east");
    west.edit("secrets", NAMESPACE, &anchor, |secret| {
        secret["data"] = json!({"mine": "eA=="});
    });
    let output = running.wait();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(west.get("secrets", NAMESPACE, &anchor).is_some());
}
