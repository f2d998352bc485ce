//! The fate of a token whose Secret is deleted, made again, or given another token.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_common::model::access::{Access, AccessTrust, AccessUser};
use mesh_testkit::real::Cluster;
use serde_json::json;

use crate::reader::{is_refused, read_with};
use crate::rsa::{ACCOUNT, cluster, decoded};

fn path(name: &str) -> String {
    format!("/api/v1/namespaces/default/secrets/{name}")
}

/// Makes a token Secret and gives the token that Kubernetes puts there.
fn make(cluster: &Cluster, name: &str) -> String {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {"name": name, "namespace": "default",
            "annotations": {"kubernetes.io/service-account.name": ACCOUNT}}});
    cluster.apply(&secret.to_string()).unwrap();
    let filled = cluster.wait_for(&path(name), |secret| secret["data"]["token"].is_string());
    decoded(&filled.unwrap()["data"]["token"])
}

fn kubeconfig(cluster: &Cluster, token: &str) -> String {
    let access = Access {
        server: cluster.server().to_owned(),
        trust: AccessTrust::Authorities(cluster.ca_pem().as_bytes().to_vec()),
        tls_server_name: None,
        proxy_url: None,
        user: AccessUser::Token(token.into()),
    };
    access.to_kubeconfig("it")
}

#[test]
fn a_token_secret_that_is_made_again_brings_a_revoked_token_back() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = cluster("rsa", dir.path());
    let old = make(&cluster, "usual");
    let reader = kubeconfig(&cluster, &old);
    read_with(&reader).unwrap();
    cluster.request("DELETE", &path("usual"), None).unwrap();
    is_refused(&reader);
    assert_eq!(make(&cluster, "usual"), old, "the token is another one");
    read_with(&reader).unwrap();

    // A Secret of another name brings another token, and the old one ends when its Secret holds that.
    let new = make(&cluster, "usual.0a1b2c3d");
    assert_ne!(new, old);
    let patch =
        json!({"metadata": {"name": "usual"}, "data": {"token": BASE64_STANDARD.encode(&new)}});
    let patch = patch.to_string();
    let words = [
        "-n", "default", "patch", "secret", "usual", "--type", "merge", "-p", &patch,
    ];
    cluster.kubectl(words).unwrap().output().expect_success();
    is_refused(&reader);
    read_with(&kubeconfig(&cluster, &new)).unwrap();
    let kept = cluster.get(&path("usual")).unwrap();
    assert_eq!(
        decoded(&kept["data"]["token"]),
        new,
        "it was given its own token back"
    );
    // It is the other Secret that the new token ends with.
    cluster
        .request("DELETE", &path("usual.0a1b2c3d"), None)
        .unwrap();
    is_refused(&kubeconfig(&cluster, &new));
    cluster.remove().unwrap();
}
