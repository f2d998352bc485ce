//! A gateway as an object of the Gateway API, which istiod turns into a Deployment and a Service.

use serde_json::{Value, json};

use super::EastWestGateway;
use crate::mesh::names::{NETWORK_LABEL, REVISION_LABEL};

/// The gateway of ambient mode: one listener that ends the outer HBONE connection.
///
/// Source: <https://istio.io/latest/docs/ambient/install/multicluster/multi-primary_multi-network/>.
pub fn ambient(gateway: &EastWestGateway) -> Value {
    let mut labels = serde_json::Map::new();
    if let Some(network) = &gateway.network {
        labels.insert(NETWORK_LABEL.to_owned(), json!(network.as_str()));
    }
    if let Some(revision) = &gateway.revision {
        labels.insert(REVISION_LABEL.to_owned(), json!(revision));
    }
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": gateway.name, "namespace": gateway.namespace, "labels": labels},
        "spec": {
            "gatewayClassName": "istio-east-west",
            "listeners": [{
                "name": "mesh",
                "port": 15008,
                "protocol": "HBONE",
                "tls": {
                    "mode": "Terminate",
                    "options": {"gateway.istio.io/tls-terminate-mode": "ISTIO_MUTUAL"}
                }
            }]
        }
    })
}
