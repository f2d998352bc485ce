//! A real API server takes whatever is printed for `kubectl apply`, and a second apply changes nothing.

use mesh_testkit::real::Cluster;
use serde_json::Value;

use super::plugin::printed;
use crate::server::{kubectl, with_kinds};

/// Gateways that each say something else, in every form that is applied.
const LINES: [&str; 12] = [
    "--network network1",
    "--network 123 --revision canary",
    "--single-cluster",
    "--network network1 --ports status-port,tls=443,api=6443:7443",
    "--network network1 --replicas 3 --name istio-2",
    "--network network1 --service-type NodePort --annotation traffic.istio.io/nodeSelector={} --annotation a=1",
    "--network network1 --load-balancer-class x.io/nlb --external-ip 203.0.113.7,2001:db8::7",
    "--network network1 --format gateway-api",
    "--network 123 --format gateway-api --revision canary --name g --cluster-domain corp.example --annotation a=1",
    "--network network1 --format gateway-api --service-type NodePort --ports status-port,tls=443,tls-istiod,tls-webhook",
    "--network yes --ambient",
    "--network network1 --ambient --revision canary --service-type NodePort --annotation a=1",
];

#[test]
fn the_server_takes_every_form_and_a_second_apply_changes_nothing() {
    let server = with_kinds();
    let (namespaces, manifests): (Vec<_>, Vec<_>) = LINES
        .iter()
        .enumerate()
        .map(in_namespace_of_its_own)
        .unzip();
    kubectl(&server, "apply -f -", &namespaces.concat());
    let all = manifests.concat();
    let [first, second, third] = [1, 2, 3].map(|_| applied(&server, &all));
    assert_eq!(
        without_first_versions(second.clone()),
        without_first_versions(first)
    );
    assert_eq!(third, second);
}

/// The namespace, and what is printed for it.
fn in_namespace_of_its_own((number, line): (usize, &&str)) -> (String, String) {
    let name = format!("taken-{number}");
    (
        format!("---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}\n"),
        format!("---\n{}", printed(&format!("{line} -n {name}"))),
    )
}

/// The objects as the server holds them after an apply.
fn applied(server: &Cluster, manifest: &str) -> Vec<Value> {
    kubectl(server, "apply --server-side -f -", manifest);
    let held = kubectl(server, "get -f - -o json --show-managed-fields", manifest).stdout;
    let mut held: Value = serde_json::from_str(&held).unwrap();
    match held["items"].take() {
        Value::Array(items) => items,
        other => panic!("{other}"),
    }
}

/// The server fills in the status of a Gateway as it reads one, and stores it with the next write, whatever that says: this one
/// write is seen in the version of a new Gateway. The schema of the Gateway API has the status' default.
fn without_first_versions(mut objects: Vec<Value>) -> Vec<Value> {
    for object in &mut objects {
        if object["kind"] == "Gateway" {
            object["metadata"]["resourceVersion"].take();
        }
    }
    objects
}
