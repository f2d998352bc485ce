//! The gateway: an address for its Service, the one pod of its Deployment, and where it listens.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::pods::{self, Workload, merge, variables};
use crate::real::{Cluster, Role};

const NAMESPACE: &str = "istio-system";

/// Does what a load balancer's controller would do.
pub(super) fn give_address(cluster: &Cluster, service: &str, address: Ipv4Addr) -> Result<()> {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/services/{service}/status");
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": address.to_string()}]}}});
    merge(cluster, &path, &status)
}

/// Lets every Gateway object of the system namespace listen at this address alone.
pub(super) fn bind(cluster: &Cluster, address: Ipv4Addr) -> Result<()> {
    let list = format!("/apis/networking.istio.io/v1/namespaces/{NAMESPACE}/gateways");
    for gateway in cluster.get(&list)?["items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = gateway["metadata"]["name"]
            .as_str()
            .context("each object has a name")?;
        let mut servers = gateway["spec"]["servers"].clone();
        for server in servers.as_array_mut().into_iter().flatten() {
            server["bind"] = json!(address.to_string());
        }
        merge(
            cluster,
            &format!("{list}/{name}"),
            &json!({"spec": {"servers": servers}}),
        )?;
    }
    Ok(())
}

/// The one pod that the Deployment of this name got, once it runs, with the image that istiod's injector would have given it.
pub(super) fn workload(cluster: &Cluster, deployment: &str) -> Result<Workload> {
    let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{deployment}");
    let selector = cluster.get(&path)?["spec"]["selector"]["matchLabels"].clone();
    let selector: Vec<_> = selector
        .as_object()
        .context("the Deployment selects by labels")?
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}%3D{}", value.as_str()?)))
        .collect();
    let query = format!(
        "/api/v1/namespaces/{NAMESPACE}/pods?labelSelector={}",
        selector.join("%2C").replace('/', "%2F")
    );
    let running = |pod: &Value| {
        pod["status"]["phase"] == "Running" && pod["metadata"]["deletionTimestamp"].is_null()
    };
    let list = cluster.wait_for(&query, |list| {
        list["items"]
            .as_array()
            .is_some_and(|pods| pods.iter().any(running))
    })?;
    let pod = list["items"]
        .as_array()
        .and_then(|pods| pods.iter().find(|pod| running(pod)))
        .context("there is a pod that runs")?;
    let name = pod["metadata"]["name"]
        .as_str()
        .context("each object has a name")?;
    let workload = Workload {
        namespace: NAMESPACE.to_owned(),
        pod: name.to_owned(),
        role: Role::Router,
        env: variables(&[]),
    };
    let mut containers = pod["spec"]["containers"].clone();
    for container in containers.as_array_mut().into_iter().flatten() {
        container["image"] = json!(pods::image()?);
    }
    let image = json!({"spec": {"containers": containers}});
    merge(cluster, &workload.path(), &image)?;
    Ok(workload)
}
