//! pilot-agent with Envoy, for a pod that no kubelet runs.
//!
//! All of the agent's paths are relative, and stay so, since a socket's path may not be long: each proxy has a folder of its own. Envoy comes from its own project and not
//! from Istio's, so the istiod of its cluster must be told to send nothing that only Istio's has.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;

use super::files::{Files, text};
use super::istiod::Ports as IstiodPorts;
use crate::parts::{self, Module, Part, module_dir};
use crate::supervisor::owner::Program;
use crate::supervisor::ports::Ports;
use crate::supervisor::protocol::{Proxy, ProxyInfo, Role};
use crate::supervisor::under_parent;

/// A proxy that can be started.
pub(super) struct Prepared {
    pub(super) program: Program,
    pub(super) info: ProxyInfo,
}

/// Writes what the agent reads, and says how to start it.
pub(super) fn prepare(
    files: &Files,
    cluster: &str,
    istiod: IstiodPorts,
    free: &Ports,
    proxy: &Proxy,
) -> Result<Prepared> {
    let dir = files.dir.join("proxies").join(&proxy.pod);
    if dir.exists() {
        fs::remove_dir_all(&dir).context("cannot clear the folder of an earlier proxy")?;
    }
    write_files(&dir, proxy)?;
    let envoy = envoy(&dir)?;
    let [ready, prometheus, admin, status, forward] = [
        free.free()?,
        free.free()?,
        free.free()?,
        free.free()?,
        free.free()?,
    ];
    let address = |port: u16| format!("127.0.0.1:{port}");
    let config = json!({
        "discoveryAddress": address(istiod.secure_grpc),
        "binaryPath": text(&envoy),
        "proxyAdminPort": admin,
        "statusPort": status,
        "concurrency": 1,
        "terminationDrainDuration": "1s",
    });
    let bootstrap = module_dir(Module::Istio, "istio.io/istio")?
        .join("tools/packaging/common/envoy_bootstrap.json");
    let usual = [
        ("POD_NAME", proxy.pod.clone()),
        ("POD_NAMESPACE", proxy.namespace.clone()),
        ("SERVICE_ACCOUNT", proxy.service_account.clone()),
        ("INSTANCE_IP", proxy.address.to_string()),
        ("ISTIO_META_CLUSTER_ID", cluster.to_owned()),
        // A name, since the client for certificates takes no address; and the name that istiod's certificate holds for.
        ("CA_ADDR", format!("localhost:{}", istiod.secure_grpc)),
        ("ISTIOD_SAN", "istiod.istio-system.svc".to_owned()),
        ("ISTIO_BOOTSTRAP", text(&bootstrap)),
        ("OUTPUT_CERTS", text(&dir.join("certs"))),
        ("ENVOY_STATUS_PORT", ready.to_string()),
        ("ENVOY_PROMETHEUS_PORT", prometheus.to_string()),
        ("PROXY_CONFIG", config.to_string()),
    ];
    let mut env: BTreeMap<_, _> = usual
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let role = match proxy.role {
        Role::Router => "router",
        Role::Sidecar => {
            env.insert("ISTIO_META_HTTP_PROXY_PORT".to_owned(), forward.to_string());
            "sidecar"
        }
    };
    env.extend(proxy.env.clone());
    let program = Program {
        name: Part::PilotAgent.name(),
        path: parts::path(Part::PilotAgent)?,
        args: ["proxy", role, "--proxyLogLevel=warning"]
            .map(str::to_owned)
            .to_vec(),
        env,
        dir: dir.clone(),
    };
    let info = ProxyInfo {
        log: program.log(),
        certificates: dir.join("certs"),
        ready: address(ready),
        admin: address(admin),
        forward: address(forward),
    };
    Ok(Prepared { program, info })
}

/// The files that a kubelet and the injector's volumes would put there
/// (`manifests/charts/istio-control/istio-discovery/files/injection-template.yaml` in Istio's module).
fn write_files(dir: &Path, proxy: &Proxy) -> Result<()> {
    let mut labels = String::new();
    for (name, value) in &proxy.labels {
        writeln!(labels, "{name}=\"{value}\"")?;
    }
    let texts = [
        ("var/run/secrets/tokens/istio-token", proxy.token.as_str()),
        ("var/run/secrets/istio/root-cert.pem", &proxy.root_pem),
        ("etc/istio/pod/labels", &labels),
        ("etc/istio/pod/annotations", ""),
    ];
    for (name, text) in texts {
        let path = dir.join(name);
        let folder = path.parent().context("each file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for name in ["etc/istio/proxy", "certs"] {
        fs::create_dir_all(dir.join(name)).with_context(|| format!("cannot make {name}"))?;
    }
    Ok(())
}

/// The program that the agent starts as Envoy. The agent is killed and cannot end Envoy then, so the kernel has to.
fn envoy(dir: &Path) -> Result<PathBuf> {
    let envoy = parts::path(Part::Envoy)?;
    let Some(start) = under_parent::script(&envoy) else {
        return Ok(envoy);
    };
    let script = dir.join("envoy");
    fs::write(&script, start).context("cannot write what starts Envoy")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700))
        .context("cannot make what starts Envoy executable")?;
    Ok(script)
}
