//! The load balancer: an address for every Service that asks for one.

use anyhow::{Result, ensure};
use mesh_testkit::http::Body;
use mesh_testkit::real::Cluster;
use serde_json::{Value, json};

/// Gives the Services of type `LoadBalancer` that wait for an address this one.
pub(super) fn serve(cluster: &Cluster, address: &str) -> Result<()> {
    let services = cluster.get("/api/v1/services")?;
    for service in services["items"].as_array().into_iter().flatten() {
        if waits(service) {
            give(cluster, service, address)?;
        }
    }
    Ok(())
}

fn waits(service: &Value) -> bool {
    service["spec"]["type"] == "LoadBalancer"
        && service["status"]["loadBalancer"]["ingress"].is_null()
}

fn give(cluster: &Cluster, service: &Value, address: &str) -> Result<()> {
    let metadata = &service["metadata"];
    let (namespace, name) = (metadata["namespace"].as_str(), metadata["name"].as_str());
    let path = format!(
        "/api/v1/namespaces/{}/services/{}/status",
        namespace.unwrap_or_default(),
        name.unwrap_or_default()
    );
    let text = json!({"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}).to_string();
    let status = Body {
        content_type: "application/merge-patch+json",
        text: &text,
    };
    let response = cluster.request("PATCH", &path, Some(status))?;
    ensure!(response.is_success(), "PATCH {path}: {}", response.body);
    Ok(())
}
