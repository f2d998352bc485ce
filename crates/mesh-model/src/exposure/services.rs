//! The services of a cluster, behind a gateway.

use serde_json::{Value, json};

use super::ServicesExposure;

/// The name of that Gateway; same source.
pub const SERVICES_GATEWAY: &str = "cross-network-gateway";

/// Returns the Gateway that makes all services of a cluster reachable from other networks.
///
/// Source: `samples/multicluster/expose-services.yaml` of Istio; `builtAutoPassthroughFilterChains` in its
/// `pilot/pkg/networking/core/gateway.go` for what the hosts select.
pub fn services(exposure: &ServicesExposure) -> Vec<Value> {
    let hosts = exposure.cluster_domain.service_hosts();
    vec![json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": SERVICES_GATEWAY, "namespace": exposure.namespace},
        "spec": {
            "selector": exposure.selector.labels(),
            "servers": [{
                "port": {"number": exposure.port, "name": "tls", "protocol": "TLS"},
                "tls": {"mode": "AUTO_PASSTHROUGH"},
                "hosts": [hosts]
            }]
        }
    })]
}
