//! Many tokens, each of which may be of any cluster: their origins are looked up together, and not all at once.

use std::time::Duration;

use mesh_common::client::CLUSTERS_AT_ONCE;
use mesh_testkit::embedded::{Fault, most_at_once};
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::json;

use crate::support::{Mesh, NAMESPACE, SECRET, token_of};

const TOKENS: usize = 200;

#[test]
fn origins_are_looked_up_together_and_not_all_at_once() {
    let mesh = Mesh::sharing();
    let west = &mesh.world.west;
    for holder in mesh.holders() {
        holder.delete("secrets", NAMESPACE, SECRET);
    }
    for number in 0..TOKENS {
        let account = "istio-reader-service-account";
        let token = token_of(
            &json!({"sub": format!("system:serviceaccount:{NAMESPACE}:{account}"), "iss": west.issuer(),
            "iat": 1_700_000_000, "exp": 4_000_000_000_i64, "aud": [west.issuer()],
            "kubernetes.io": {"namespace": NAMESPACE, "serviceaccount": {"name": account, "uid": "a"},
                "secret": {"name": format!("token-{number}"), "uid": "b"}}}),
        );
        let user = User::new().token(&token);
        let text = Kubeconfig::single("c", west.kubeconfig_cluster(), user).to_yaml();
        mesh.world
            .east
            .create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": format!("held-{number}"), "namespace": NAMESPACE,
                "labels": {"istio/multiCluster": "true"}},
            "stringData": {format!("west-{number}"): text}}));
    }
    mesh.clear();
    let lookups = format!("/api/v1/namespaces/{NAMESPACE}/secrets/token-*");
    west.inject(Fault::on("GET", &lookups).latency(Duration::from_millis(100)));
    let output = mesh.world.run("rotate --all --revoke-unseen").output();
    assert_eq!(output.code, 2, "{}", output.golden());
    let mut requests = west.requests();
    requests.retain(|one| one.path.contains("/secrets/token-"));
    assert_eq!(requests.len(), TOKENS);
    let most = most_at_once(&requests);
    assert!(most > 1, "one after the other");
    assert!(most <= CLUSTERS_AT_ONCE, "{most} at once");
}
