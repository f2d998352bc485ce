//! Objects that tests put into clusters.

use serde_json::{Value, json};

/// A namespace.
pub(crate) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// The reader's role and binding with what the try-out and a probe need.
pub(crate) fn reader(namespace: &str) -> Vec<Value> {
    let name = format!("istio-reader-clusterrole-{namespace}");
    let labels = json!({"app": "istio-reader"});
    vec![
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels},
            "rules": mesh_rules()}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": labels},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "istio-reader-service-account", "namespace": namespace}]}),
    ]
}

fn mesh_rules() -> Value {
    let role = mesh_common::model::reader::role("istio-system");
    serde_json::to_value(role.rules).unwrap()
}

/// A Deployment of istiod that calls its cluster `id`.
pub(crate) fn istiod(id: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {
            "metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "pilot",
                "env": [{"name": "CLUSTER_ID", "value": id}]}]}}}})
}
