//! The objects of a cluster with a gateway, as Istio's guides make them.

use crate::embedded::Cluster;
use serde_json::{Value, json};

const NETWORK: &str = "topology.istio.io/network";

/// Puts Istio's namespace on `network` and a control plane into the cluster, a gateway at `address`, and a workload behind it.
pub fn fill(cluster: &Cluster, network: &str, root_pem: &str, address: &str) {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "istio-system", "labels": {NETWORK: network}}});
    cluster.create(namespace);
    cluster.create(istiod());
    cluster.create(map("istio", "mesh", "defaultConfig:\n  meshId: mesh1\n"));
    cluster.create(map("istio-ca-root-cert", "root-cert.pem", root_pem));
    cluster.create(gateway_service(network));
    cluster.set_load_balancer("istio-system", "istio-eastwestgateway", &[address]);
    cluster.create(gateway_pod(network));
    cluster.create(expose(
        &json!({"istio": "eastwestgateway"}),
        "AUTO_PASSTHROUGH",
        "*.local",
    ));
    cluster.create(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "hello", "namespace": "default"},
        "spec": {"selector": {"app": "hello"}, "ports": [{"port": 80}]}}));
    cluster.create(pod(
        "default",
        "hello-1",
        &json!({"app": "hello", "security.istio.io/tlsMode": "istio"}),
        &json!({
        "serviceAccountName": "hello", "containers": [{"name": "istio-proxy", "image": "i"}]}),
    ));
}

fn istiod() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
        "spec": {"selector": {"matchLabels": {"app": "istiod"}}, "template": {"metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "i", "args": ["discovery", "--domain", "cluster.local"]}]}}}})
}

fn map(name: &str, key: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "istio-system"},
        "data": {key: value}})
}

/// The gateway's Service, without an address.
pub fn gateway_service(network: &str) -> Value {
    let port = |name: &str, port: i32| json!({"name": name, "port": port, "targetPort": port});
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "istio-eastwestgateway", "namespace": "istio-system",
            "labels": {NETWORK: network, "istio": "eastwestgateway"}},
        "spec": {"type": "LoadBalancer", "selector": {"istio": "eastwestgateway"}, "ports": [
            port("status-port", 15021), port("tls", 15443), port("tls-istiod", 15012), port("tls-webhook", 15017)]}})
}

fn gateway_pod(network: &str) -> Value {
    let spec = json!({"serviceAccountName": "istio-eastwestgateway", "containers": [{"name": "istio-proxy", "image": "i",
        "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": network}]}]});
    let mut pod = pod(
        "istio-system",
        "istio-eastwestgateway-1",
        &json!({"istio": "eastwestgateway", "pod-template-hash": "5d4"}),
        &spec,
    );
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "name": "istio-eastwestgateway-5d4", "uid": "1", "controller": true}]);
    pod
}

/// A pod that is ready.
fn pod(namespace: &str, name: &str, labels: &Value, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": spec, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
}

/// Istio's object that exposes services.
pub fn expose(selector: &Value, mode: &str, host: &str) -> Value {
    json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "cross-network-gateway", "namespace": "istio-system"},
        "spec": {"selector": selector, "servers": [{"port": {"number": 15443, "name": "tls", "protocol": "TLS"},
            "tls": {"mode": mode}, "hosts": [host]}]}})
}
