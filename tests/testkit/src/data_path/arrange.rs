//! The objects of a cluster of the data path before any proxy runs.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::trust::Root;
use crate::command::Run;
use crate::parts::{self, Module, Part, module_dir};
use crate::real::Cluster;

/// Istio's kinds, the cluster's network, and an istiod that signs under this root.
pub(super) fn prepare(cluster: &Cluster, network: &str, root: &Root) -> Result<()> {
    let kinds = module_dir(Module::Istio, "istio.io/istio")?
        .join("manifests/charts/base/files/crd-all.gen.yaml");
    let kinds =
        fs::read_to_string(&kinds).with_context(|| format!("cannot read {}", kinds.display()))?;
    let applied = cluster
        .kubectl(["apply", "--server-side", "-f", "-"])?
        .stdin(kinds)
        .output();
    ensure!(applied.success(), "kubectl apply: {}", applied.stderr);
    let namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "istio-system", "labels": {"topology.istio.io/network": network}},
    });
    cluster.apply(&namespace.to_string())?;
    start_istiod(cluster, root)
}

/// Starts istiod anew, with an authority under this root.
pub(super) fn start_istiod(cluster: &Cluster, root: &Root) -> Result<()> {
    cluster.apply(&root.secret(cluster.name()).to_string())?;
    // istiod writes the Secret's files into a folder and takes them from there ever after, so each authority needs its own.
    let secret = cluster.get("/api/v1/namespaces/istio-system/secrets/cacerts")?;
    let version = secret["metadata"]["resourceVersion"].as_str();
    let folder = format!(
        "etc/cacerts-{}",
        version.context("each object has a version")?
    );
    cluster.start_istiod(&[
        ("USE_REMOTE_CERTS", "true"),
        ("ROOT_CA_DIR", &folder),
        // Filters that only Istio's build of Envoy has: with them, this one refuses what istiod sends.
        ("PILOT_ENABLE_METADATA_EXCHANGE", "false"),
        ("PILOT_ENABLE_ALPN_FILTER", "false"),
    ])
}

/// Lets the istiod of `holder` read `source`, with Istio's own tool.
pub(super) fn lead_to(holder: &Cluster, source: &Cluster) -> Result<()> {
    let made = Run::new(parts::path(Part::Istioctl)?)
        .env("KUBECONFIG", source.kubeconfig())
        .args(["create-remote-secret", "--name", source.name()])
        .output();
    ensure!(made.success(), "istioctl: {}", made.stderr);
    holder.apply(&made.stdout)
}

/// The backend: its Service, and a sidecar that ends mutual TLS at the pod's address and calls the application. Without
/// capture of traffic, an inbound listener comes from a Sidecar object only.
pub(super) fn backend(
    cluster: &Cluster,
    name: &str,
    pod: Ipv4Addr,
    application: SocketAddr,
) -> Result<()> {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {
            "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "targetPort": POD_PORT}],
        },
    });
    let egress = json!([{
        "port": {"number": 15080, "protocol": "HTTP", "name": "out"},
        "bind": pod.to_string(),
        "captureMode": "NONE",
        "hosts": ["./*"],
    }]);
    let strict = json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "istio-system"},
        "spec": {"mtls": {"mode": "STRICT"}},
    });
    let sidecar = sidecar(name, pod, application, &egress);
    cluster.apply(&format!("{service}\n---\n{sidecar}\n---\n{strict}\n"))
}

/// The client's sidecar, which knows one host.
pub(super) fn client(cluster: &Cluster, name: &str, pod: Ipv4Addr, host: &str) -> Result<()> {
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let egress = json!([{
        "bind": pod.to_string(),
        "captureMode": "NONE",
        "hosts": [format!("default/{host}")],
    }]);
    cluster.apply(&sidecar(name, pod, nobody, &egress).to_string())
}

/// The port of a pod on which its sidecar takes requests.
pub(super) const POD_PORT: u16 = 8080;

fn sidecar(
    name: &str,
    pod: Ipv4Addr,
    application: SocketAddr,
    egress: &serde_json::Value,
) -> serde_json::Value {
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "Sidecar",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "workloadSelector": {"labels": {"app": name}},
            "ingress": [{
                "port": {"number": POD_PORT, "protocol": "HTTP", "name": "http"},
                "bind": pod.to_string(),
                "captureMode": "NONE",
                "defaultEndpoint": application.to_string(),
            }],
            "egress": egress,
        },
    })
}

/// Says where a Service's pod is. The API server refuses endpoints on loopback, so it is not asked.
pub(super) fn endpoint(cluster: &Cluster, service: &str, pod: Ipv4Addr) -> Result<()> {
    let name = format!("{service}-by-hand");
    let pod_object = cluster.get(&format!("/api/v1/namespaces/default/pods/{service}"))?;
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": "default",
            // Whatever is an object's own, and comes with each pod as well.
            "uid": pod_object["metadata"]["uid"],
            "creationTimestamp": pod_object["metadata"]["creationTimestamp"],
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": POD_PORT, "protocol": "TCP"}],
        "endpoints": [{
            "addresses": [pod.to_string()],
            "conditions": {"ready": true, "serving": true, "terminating": false},
            "nodeName": pod_object["spec"]["nodeName"],
            "targetRef": {"kind": "Pod", "name": service, "namespace": "default"},
        }],
    });
    cluster.put_into_store(&format!("endpointslices/default/{name}"), &slice)
}

/// Takes back what [`endpoint`] said.
pub(super) fn no_endpoint(cluster: &Cluster, service: &str) -> Result<()> {
    let path =
        format!("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/{service}-by-hand");
    let response = cluster.request("DELETE", &path, None)?;
    ensure!(
        response.is_success(),
        "DELETE {path}: {} {}",
        response.status,
        response.body
    );
    Ok(())
}
