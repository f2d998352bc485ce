//! istiod: the process that works, and the Deployment and Service in the cluster that stand for it.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::files::{Files, text};
use crate::parts::{self, Module, Part};
use crate::supervisor::owner::Program;
use crate::supervisor::ports::Ports as FreePorts;

/// Istio's system namespace.
pub(super) const NAMESPACE: &str = "istio-system";

/// The ports of an istiod process, chosen before it runs so that KWOK can lead there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    /// 8080 in a pod: `/ready` and the debug pages.
    pub(super) http: u16,
    /// 15017 in a pod: webhooks.
    pub(super) https: u16,
    /// 15010 in a pod.
    pub(super) grpc: u16,
    /// 15012 in a pod.
    pub(super) secure_grpc: u16,
    /// 15014 in a pod: metrics and the debug pages.
    pub(super) monitoring: u16,
}

impl Ports {
    pub(super) fn free(ports: &FreePorts) -> Result<Self> {
        Ok(Self {
            http: ports.free()?,
            https: ports.free()?,
            grpc: ports.free()?,
            secure_grpc: ports.free()?,
            monitoring: ports.free()?,
        })
    }
}

/// The process. It calls its cluster `name` unless the variable `CLUSTER_ID` says otherwise, and neither patches nor needs
/// webhooks.
pub(super) fn process(
    files: &Files,
    name: &str,
    ports: Ports,
    env: &BTreeMap<String, String>,
) -> Result<Program> {
    let dir = files.dir.join("istiod");
    fs::create_dir_all(&dir).context("cannot make istiod's folder")?;
    let listen = |port: u16| format!("127.0.0.1:{port}");
    let args = [
        "discovery".to_owned(),
        format!("--kubeconfig={}", text(&files.kubeconfig())),
        format!("--namespace={NAMESPACE}"),
        format!("--httpAddr={}", listen(ports.http)),
        format!("--httpsAddr={}", listen(ports.https)),
        format!("--grpcAddr={}", listen(ports.grpc)),
        format!("--secureGRPCAddr={}", listen(ports.secure_grpc)),
        format!("--monitoringAddr={}", listen(ports.monitoring)),
        "--ctrlz_port=0".to_owned(),
    ];
    let usual = [
        ("POD_NAME", "istiod"),
        ("POD_NAMESPACE", NAMESPACE),
        ("REVISION", "default"),
        ("CLUSTER_ID", name),
        ("INJECTION_WEBHOOK_CONFIG_NAME", ""),
        ("VALIDATION_WEBHOOK_CONFIG_NAME", ""),
        // How long it waits for another cluster before it calls it timed out; 30 s is what it waits by itself.
        ("PILOT_REMOTE_CLUSTER_TIMEOUT", "5s"),
    ];
    let mut variables: BTreeMap<_, _> = usual
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    variables.extend(env.clone());
    Ok(Program {
        name: Part::PilotDiscovery.name(),
        path: parts::path(Part::PilotDiscovery)?,
        args: args.to_vec(),
        env: variables,
        dir,
    })
}

/// The namespace in which istiod lives.
pub(super) fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
}

/// The objects that stand for istiod in the cluster, in its namespace, each with the path that takes it. Labels are the ones of Istio's chart
/// (`manifests/charts/istio-control/istio-discovery/templates/{deployment,service}.yaml` in Istio's module).
pub(super) fn objects(name: &str) -> Result<Vec<(String, Value)>> {
    let core = format!("/api/v1/namespaces/{NAMESPACE}");
    Ok(vec![
        (
            format!("{core}/serviceaccounts"),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "istiod", "labels": labels()}}),
        ),
        (format!("{core}/services"), service()),
        (
            format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments"),
            deployment(name)?,
        ),
    ])
}

fn labels() -> Value {
    json!({
        "app": "istiod",
        "istio": "pilot",
        "istio.io/rev": "default",
        "operator.istio.io/component": "Pilot",
        "release": "istio",
        "app.kubernetes.io/name": "istiod",
    })
}

fn service() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "istiod", "labels": labels()},
        "spec": {
            "selector": {"app": "istiod", "istio": "pilot"},
            "ports": [
                {"name": "grpc-xds", "port": 15010},
                {"name": "https-dns", "port": 15012},
                {"name": "https-webhook", "port": 443, "targetPort": 15017},
                {"name": "http-monitoring", "port": 15014},
            ],
        },
    })
}

fn deployment(name: &str) -> Result<Value> {
    let release = Module::Istio.release("istio.io/istio")?;
    let mut pod_labels = labels();
    pod_labels["sidecar.istio.io/inject"] = json!("false");
    pod_labels["istio.io/dataplane-mode"] = json!("none");
    Ok(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "istiod", "labels": labels()},
        "spec": {
            "selector": {"matchLabels": {"istio": "pilot"}},
            "template": {
                "metadata": {"labels": pod_labels},
                "spec": {
                    "serviceAccountName": "istiod",
                    "containers": [{
                        "name": "discovery",
                        "image": format!("docker.io/istio/pilot:{release}"),
                        "args": ["discovery", "--monitoringAddr=:15014", "--domain", "cluster.local"],
                        "env": [
                            {"name": "REVISION", "value": "default"},
                            {"name": "CLUSTER_ID", "value": name},
                        ],
                        "ports": [
                            {"name": "http-debug", "containerPort": 8080},
                            {"name": "grpc-xds", "containerPort": 15010},
                            {"name": "tls-xds", "containerPort": 15012},
                            {"name": "https-webhooks", "containerPort": 15017},
                            {"name": "http-monitoring", "containerPort": 15014},
                        ],
                    }],
                },
            },
        },
    }))
}
