//! Pods whose proxies really run: KWOK makes the pod run, and pilot-agent with Envoy is started for it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::http::Body;
use crate::parts::Module;
use crate::real::{Cluster, Proxy, ProxyInfo, Role};

/// Audience of the tokens that istiod takes
/// (<https://istio.io/latest/docs/ops/best-practices/security/#configure-third-party-service-account-tokens>).
const AUDIENCE: &str = "istio-ca";
const NETWORK: &str = "topology.istio.io/network";

/// A pod of which a proxy is to run.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) role: Role,
    /// Variables that no pod template holds.
    pub(super) env: BTreeMap<String, String>,
}

/// Makes a pod in the namespace `default`, named as its application and account, with a sidecar and this address.
pub(super) fn create_sidecar_pod(
    cluster: &Cluster,
    name: &str,
    network: &str,
    address: Ipv4Addr,
) -> Result<Workload> {
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": "default"},
    });
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"app": name, "security.istio.io/tlsMode": "istio", NETWORK: network},
        },
        "spec": {
            "serviceAccountName": name,
            "containers": [{"name": "istio-proxy", "image": image()?}],
        },
    });
    cluster.apply(&format!("{account}\n---\n{pod}\n"))?;
    let workload = Workload {
        namespace: "default".to_owned(),
        pod: name.to_owned(),
        role: Role::Sidecar,
        env: variables(&[("ISTIO_META_INTERCEPTION_MODE", "NONE")]),
    };
    cluster.wait_for(&workload.path(), |pod| {
        pod["status"]["podIP"].is_string() && pod["status"]["phase"] == "Running"
    })?;
    let address = address.to_string();
    let status = json!({"status": {"podIP": address, "podIPs": [{"ip": address}]}});
    merge(cluster, &format!("{}/status", workload.path()), &status)?;
    Ok(workload)
}

/// The image of the proxies, which nobody pulls.
pub(super) fn image() -> Result<String> {
    let release = Module::Istio.release("istio.io/istio")?;
    Ok(format!("docker.io/istio/proxyv2:{release}"))
}

/// Starts the proxy of a workload, or starts it anew, with what its pod says by now.
pub(super) fn start_proxy(
    cluster: &Cluster,
    workload: &Workload,
    root_pem: &str,
) -> Result<ProxyInfo> {
    let pod = cluster.get(&workload.path())?;
    let account = text(&pod["spec"]["serviceAccountName"])?;
    let labels: BTreeMap<String, String> =
        serde_json::from_value(pod["metadata"]["labels"].clone())?;
    let mut env = variables(&[("ISTIO_META_UNPRIVILEGED_POD", "true")]);
    if let Some(network) = labels.get(NETWORK) {
        env.insert("ISTIO_META_NETWORK".to_owned(), network.clone());
    }
    env.extend(workload.env.clone());
    env.extend(of_template(&pod));
    cluster.start_proxy(&Proxy {
        pod: workload.pod.clone(),
        namespace: workload.namespace.clone(),
        address: text(&pod["status"]["podIP"])?.parse()?,
        role: workload.role,
        token: token(cluster, workload, &account)?,
        service_account: account,
        root_pem: root_pem.to_owned(),
        labels,
        env,
    })
}

/// The variables that the pod's own template sets to plain values.
fn of_template(pod: &Value) -> BTreeMap<String, String> {
    let set = pod["spec"]["containers"][0]["env"].as_array();
    let named = |variable: &Value| {
        let name = variable["name"].as_str()?.to_owned();
        Some((name, variable["value"].as_str()?.to_owned()))
    };
    set.into_iter().flatten().filter_map(named).collect()
}

fn token(cluster: &Cluster, workload: &Workload, account: &str) -> Result<String> {
    let path = format!(
        "/api/v1/namespaces/{}/serviceaccounts/{account}/token",
        workload.namespace
    );
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {
            "audiences": [AUDIENCE],
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": workload.pod},
        },
    });
    let request = request.to_string();
    let body = Body {
        content_type: "application/json",
        text: &request,
    };
    let response = cluster.request("POST", &path, Some(body))?;
    // The answer may hold a token.
    ensure!(response.is_success(), "POST {path}: {}", response.status);
    text(&response.json()["status"]["token"])
}

/// Changes an object as JSON merge patch says.
pub(super) fn merge(cluster: &Cluster, path: &str, changes: &Value) -> Result<()> {
    let changes = changes.to_string();
    let body = Body {
        content_type: "application/merge-patch+json",
        text: &changes,
    };
    let response = cluster.request("PATCH", path, Some(body))?;
    ensure!(
        response.is_success(),
        "PATCH {path}: {} {}",
        response.status,
        response.body
    );
    Ok(())
}

pub(super) fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn text(value: &Value) -> Result<String> {
    value
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("{value} is no text"))
}

impl Workload {
    /// The pod's path in the API.
    pub(super) fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/pods/{}", self.namespace, self.pod)
    }
}
