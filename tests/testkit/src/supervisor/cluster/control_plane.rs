//! The programs of every cluster: etcd, API server, controllers.

use std::collections::BTreeMap;

use anyhow::Result;

use super::files::{Files, SERVICE_RANGE, text};
use crate::parts::{self, Part};
use crate::supervisor::owner::Program;
use crate::supervisor::protocol::{Kind, Options};

/// The controllers without which `ServiceAccount`s, their token Secrets, ending namespaces and owned objects do not work.
const FEW_CONTROLLERS: &str = "serviceaccount-token-controller,serviceaccount-controller,namespace-controller,\
root-ca-certificate-publisher-controller,garbage-collector-controller";

/// All but the ones that want a cloud or that give addresses to nodes, which KWOK does.
const ALL_CONTROLLERS: &str = "*,-node-ipam-controller,-cloud-node-lifecycle-controller,-service-lb-controller,\
-node-route-controller";

/// Go's collector of garbage, which takes a fifth of the API server's time, runs at four times the usual growth of the heap: these
/// programs live for a minute, and there is room (<https://pkg.go.dev/runtime#hdr-Environment_Variables>).
const SELDOM_COLLECTED: [&str; 2] = ["GOGC", "400"];

/// etcd, which may lose what it wrote: nothing here outlives the run.
pub(super) fn etcd(files: &Files, port: u16) -> Result<Program> {
    let url = format!("http://127.0.0.1:{port}");
    let flags = [
        format!("--data-dir={}", text(&files.dir.join("etcd"))),
        format!("--listen-client-urls={url}"),
        format!("--advertise-client-urls={url}"),
        // It has no peers; the system picks the port for none to call.
        "--listen-peer-urls=http://127.0.0.1:0".to_owned(),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
    ];
    program(files, Part::Etcd, flags.to_vec())
}

/// The API server, as open to the admission of `ServiceAccount`s and to RBAC as a usual one.
pub(super) fn api_server(
    files: &Files,
    etcd_port: u16,
    port: u16,
    options: &Options,
) -> Result<Program> {
    let pki = |name| text(&files.pki(name));
    let mut flags = vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd_port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        format!("--cert-dir={}", text(&files.dir.join("certificates"))),
        format!("--tls-cert-file={}", pki("server.crt")),
        format!("--tls-private-key-file={}", pki("server.key")),
        format!("--client-ca-file={}", pki("client-authorities.crt")),
        "--authorization-mode=Node,RBAC".to_owned(),
        // What kubeadm and most providers use.
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
        format!(
            "--service-account-signing-key-file={}",
            pki("service-accounts.key")
        ),
        format!("--service-account-key-file={}", pki("service-accounts.pub")),
        format!("--service-cluster-ip-range={SERVICE_RANGE}"),
        // Its address, loopback, is not one that an Endpoints object may hold.
        "--endpoint-reconciler-type=none".to_owned(),
    ];
    flags.extend(options.api_server_flags.iter().cloned());
    program(files, Part::KubeApiserver, flags)
}

/// The controllers.
pub(super) fn controllers(files: &Files, kind: Kind, options: &Options) -> Result<Program> {
    let controllers = match kind {
        Kind::Bare => FEW_CONTROLLERS,
        Kind::Nodes | Kind::Istiod => ALL_CONTROLLERS,
    };
    let flags = [
        format!("--kubeconfig={}", text(&files.kubeconfig())),
        format!(
            "--service-account-private-key-file={}",
            text(&files.pki("service-accounts.key"))
        ),
        format!("--root-ca-file={}", text(&files.pki("ca.crt"))),
        "--use-service-account-credentials=false".to_owned(),
        format!("--controllers={controllers}"),
        "--leader-elect=false".to_owned(),
        "--secure-port=0".to_owned(),
    ];
    let flags = flags
        .into_iter()
        .chain(options.controller_flags.iter().cloned());
    program(files, Part::KubeControllerManager, flags.collect())
}

/// A part that needs no variables of its own.
pub(super) fn program(files: &Files, part: Part, args: Vec<String>) -> Result<Program> {
    Ok(Program {
        name: part.name(),
        path: parts::path(part)?,
        args,
        env: BTreeMap::from([SELDOM_COLLECTED.map(str::to_owned).into()]),
        dir: files.dir.clone(),
    })
}
