//! What the hostile holder and the operator do in each story.

use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{Kubeconfig, User};
use serde_json::{Value, json};

use crate::support::{Mesh, NAMESPACE, SECRET};

/// The rotations that an operator runs, by hand and from cron.
pub(super) const ROTATIONS: [&str; 3] = [
    "rotate west --context east --revoke-unseen",
    "rotate west --revoke-unseen",
    "rotate --all --revoke-unseen",
];

/// A kubeconfig for the server of `cluster` with this token.
pub(super) fn kubeconfig(cluster: &Cluster, token: &str) -> String {
    let user = User::new().token(token);
    Kubeconfig::single("c", cluster.kubeconfig_cluster(), user).to_yaml()
}

/// East writes another kubeconfig into the secret that it has.
pub(super) fn replace(mesh: &Mesh, kubeconfig: &str) {
    mesh.world
        .east
        .edit("secrets", NAMESPACE, SECRET, |secret| {
            secret["data"]["west"] = base64(kubeconfig);
        });
}

pub(super) fn base64(text: &str) -> Value {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(text).into()
}

/// An account that may do everything in west.
pub(super) fn powerful(cluster: &Cluster) -> String {
    cluster
        .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}));
    cluster.create(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "argocd"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "argocd-application-controller", "namespace": "argocd"}]}));
    cluster.service_account_with_token("argocd", "argocd-application-controller", "argocd-token")
}

/// UID of a Secret or ServiceAccount.
pub(super) fn uid(cluster: &Cluster, resource: &str, namespace: &str, name: &str) -> String {
    let object = cluster.get(resource, namespace, name).unwrap();
    object["metadata"]["uid"].as_str().unwrap().to_owned()
}
