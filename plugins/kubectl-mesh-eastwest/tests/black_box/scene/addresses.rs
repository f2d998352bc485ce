//! Ways for west's gateway to have an address, other than a load balancer's.

use serde_json::{Value, json};

use super::Scene;

/// Makes the Service one of this type, without the address of a load balancer.
pub(crate) fn of_type(scene: &Scene, kind: &str) {
    scene
        .west
        .set_load_balancer("istio-system", "istio-eastwestgateway", &[]);
    scene.edit_west("services", "istio-eastwestgateway", |service| {
        service["spec"]["type"] = json!(kind);
        let ports = service["spec"]["ports"].as_array_mut().unwrap();
        for (number, port) in ports.iter_mut().enumerate() {
            port["nodePort"] = json!(30_000 + number);
        }
    });
}

/// Says which nodes stand for it.
pub(crate) fn annotated(scene: &Scene, selector: &str) {
    scene.edit_west("services", "istio-eastwestgateway", |service| {
        service["metadata"]["annotations"]["traffic.istio.io/nodeSelector"] = json!(selector);
    });
}

/// A node that others reach at this address.
pub(crate) fn node(address: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "edge"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "ExternalIP", "address": address}]}})
}
