//! The parts that make pods run: scheduler, KWOK and one node.
//!
//! KWOK only says that pods run. The one pod that must do more is istiod's: connections forwarded to it are led to the real
//! istiod process (<https://kwok.sigs.k8s.io/docs/user/kwokctl-pod-port-forward/>).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::control_plane::program;
use super::files::{Files, text};
use super::istiod::Ports as IstiodPorts;
use crate::parts::{Module, Part, module_dir};
use crate::supervisor::owner::Program;

/// The name of the one node.
pub(super) const NODE: &str = "node-1";

/// The scheduler.
pub(super) fn scheduler(files: &Files) -> Result<Program> {
    let flags = [
        format!("--kubeconfig={}", text(&files.kubeconfig())),
        "--leader-elect=false".to_owned(),
        "--secure-port=0".to_owned(),
    ];
    program(files, Part::KubeScheduler, flags.to_vec())
}

/// KWOK, standing in for the node's kubelet, which the API server reaches at `port`.
pub(super) fn kwok(files: &Files, port: u16, istiod: IstiodPorts) -> Result<Program> {
    let config = files.dir.join("kwok.yaml");
    fs::write(&config, configuration(istiod)?).context("cannot write KWOK's configuration")?;
    let flags = [
        format!("--kubeconfig={}", text(&files.kubeconfig())),
        "--manage-all-nodes=true".to_owned(),
        "--node-ip=127.0.0.1".to_owned(),
        format!("--node-port={port}"),
        format!("--server-address=127.0.0.1:{port}"),
        format!("--tls-cert-file={}", text(&files.pki("server.crt"))),
        format!("--tls-private-key-file={}", text(&files.pki("server.key"))),
        "--node-lease-duration-seconds=40".to_owned(),
        format!("--config={}", text(&config)),
    ];
    program(files, Part::Kwok, flags.to_vec())
}

/// The node, with room for every pod of a test.
pub(super) fn node() -> Value {
    let room = json!({"cpu": "32", "memory": "256Gi", "pods": "110"});
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "labels": {
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": NODE,
            },
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"allocatable": room.clone(), "capacity": room},
    })
}

/// Tells whether an object's condition `Ready` is true.
pub(super) fn is_ready(object: &Value) -> bool {
    object["status"]["conditions"]
        .as_array()
        .is_some_and(|conditions| {
            conditions
                .iter()
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        })
}

/// KWOK's own stages, read from its module, and the way into istiod.
fn configuration(istiod: IstiodPorts) -> Result<String> {
    let stages = module_dir(Module::Kwok, "sigs.k8s.io/kwok")?.join("kustomize/stage");
    let mut text = String::new();
    for folder in ["node/fast", "pod/fast"] {
        for file in yaml_files(&stages.join(folder))? {
            text.push_str(&file);
            text.push_str("\n---\n");
        }
    }
    let forwards: Vec<_> = [
        (8080, istiod.http),
        (15012, istiod.secure_grpc),
        (15014, istiod.monitoring),
        (15017, istiod.https),
    ]
    .into_iter()
    .map(|(seen, real)| json!({"ports": [seen], "target": {"address": "127.0.0.1", "port": real}}))
    .collect();
    let selector = json!({"matchNamespaces": [super::istiod::NAMESPACE]});
    let forward = json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterPortForward",
        "metadata": {"name": "istiod"},
        "spec": {"selector": selector, "forwards": forwards},
    });
    writeln!(text, "{forward}")?;
    Ok(text)
}

fn yaml_files(dir: &Path) -> Result<Vec<String>> {
    let mut paths: Vec<_> = fs::read_dir(dir)
        .with_context(|| format!("cannot read {}", dir.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
            && path.file_stem().is_some_and(|stem| stem != "kustomization")
    });
    paths.sort();
    paths
        .iter()
        .map(|path| {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        })
        .collect()
}
