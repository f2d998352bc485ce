//! Requests for objects of real API servers.

use serde_json::Value;

use crate::http::{Body, Response};
use crate::real::Cluster;

/// The kinds of objects that are in no namespace.
const CLUSTER_SCOPED: [&str; 4] = ["Namespace", "Node", "ClusterRole", "ClusterRoleBinding"];

/// Returns the text of a value, or an empty one.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns the path of the objects that are of the kind and in the namespace of this one.
pub(super) fn path_of(object: &Value) -> String {
    let version = text(&object["apiVersion"]);
    let kind = text(&object["kind"]);
    let root = if version.contains('/') { "apis" } else { "api" };
    let mut plural = kind.to_lowercase();
    if let Some(stem) = plural.strip_suffix("cy") {
        plural = format!("{stem}cies");
    } else if plural.ends_with('s') {
        plural.push_str("es");
    } else {
        plural.push('s');
    }
    if CLUSTER_SCOPED.contains(&kind) || object["metadata"]["namespace"].is_null() {
        return format!("/{root}/{version}/{plural}");
    }
    let namespace = text(&object["metadata"]["namespace"]);
    format!("/{root}/{version}/namespaces/{namespace}/{plural}")
}

/// Sends an object as an administrator.
pub(super) fn send(cluster: &Cluster, method: &str, path: &str, object: &Value) -> Response {
    with_body(cluster, method, path, "application/json", object)
}

/// Merges a patch into an object.
pub(super) fn patch(cluster: &Cluster, path: &str, object: &Value) -> Response {
    with_body(
        cluster,
        "PATCH",
        path,
        "application/merge-patch+json",
        object,
    )
}

fn with_body(
    cluster: &Cluster,
    method: &str,
    path: &str,
    content_type: &str,
    object: &Value,
) -> Response {
    let object = object.to_string();
    let body = Body {
        content_type,
        text: &object,
    };
    let answer = cluster.request(method, path, Some(body));
    answer.unwrap_or_else(|error| panic!("{method} {path}: {error:#}"))
}

/// Checks that an answer has one of these codes.
pub(super) fn expect(answer: &Response, codes: &[u16]) {
    assert!(
        codes.contains(&answer.status),
        "{} {}",
        answer.status,
        answer.body
    );
}
