//! Definitions of custom resources that a cluster can have from the start: as much of Istio's and of the Gateway API's as
//! matters to merging and to what is filled in.
//!
//! Facts of the real definitions, held against them by the behaviour suite; nothing is validated by them.

use serde_json::{Value, json};

const ISTIO_NETWORKING: &str = "networking.istio.io";
const ISTIO_SECURITY: &str = "security.istio.io";
const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// Istio's, whose lists are all in one piece and which fill nothing in.
pub(crate) fn istio() -> Vec<Value> {
    let rows = [
        (ISTIO_NETWORKING, "Gateway", "gateways", "gw"),
        (ISTIO_NETWORKING, "VirtualService", "virtualservices", "vs"),
        (
            ISTIO_NETWORKING,
            "DestinationRule",
            "destinationrules",
            "dr",
        ),
        (
            ISTIO_SECURITY,
            "PeerAuthentication",
            "peerauthentications",
            "pa",
        ),
    ];
    // Ports of a PeerAuthentication are the one map of objects among these kinds.
    let open = json!({"type": "object", "properties": {"spec": {"properties": {
        "portLevelMtls": {"additionalProperties": {"type": "object"}},
    }}}});
    rows.into_iter()
        .map(|(group, kind, plural, short)| {
            definition(group, kind, plural, short, "Namespaced", &open)
        })
        .collect()
}

/// The Gateway API's.
pub(crate) fn gateway_api() -> Vec<Value> {
    vec![
        definition(
            GATEWAY_API,
            "Gateway",
            "gateways",
            "gtw",
            "Namespaced",
            &gateway(),
        ),
        definition(
            GATEWAY_API,
            "GatewayClass",
            "gatewayclasses",
            "gc",
            "Cluster",
            &gateway_class(),
        ),
    ]
}

/// Tells whether a cluster can have had this object from its start.
pub(crate) fn is_from_the_start(object: &Value) -> bool {
    let name = &object["metadata"]["name"];
    object["kind"] == "CustomResourceDefinition"
        && istio()
            .iter()
            .chain(&gateway_api())
            .any(|definition| definition["metadata"]["name"] == *name)
}

fn definition(
    group: &str,
    kind: &str,
    plural: &str,
    short: &str,
    scope: &str,
    schema: &Value,
) -> Value {
    let singular = kind.to_lowercase();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"plural": plural, "singular": singular, "kind": kind, "shortNames": [short]},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}},
            }],
        },
    })
}

/// Listeners are told apart by name, and a Gateway that no controller saw says so.
fn gateway() -> Value {
    let group = json!({"default": GATEWAY_API});
    let reference =
        json!({"properties": {"group": {"default": ""}, "kind": {"default": "Secret"}}});
    let addresses = json!({"items": {"properties": {"type": {"default": "IPAddress"}}}});
    let namespaces =
        |from: &str| json!({"default": {"from": from}, "properties": {"from": {"default": from}}});
    let listeners = json!({
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {"properties": {
            "allowedRoutes": {
                "default": {"namespaces": {"from": "Same"}},
                "properties": {
                    "kinds": {"items": {"properties": {"group": group}}},
                    "namespaces": namespaces("Same"),
                },
            },
            "tls": {"properties": {"certificateRefs": {"items": reference}, "mode": {"default": "Terminate"}}},
        }},
    });
    json!({"type": "object", "properties": {
        "spec": {"properties": {
            "addresses": addresses,
            "allowedListeners": {"properties": {"namespaces": namespaces("None")}},
            "listeners": listeners,
        }},
        "status": {
            "default": {"conditions": [pending("Accepted"), pending("Programmed")]},
            "properties": {
                "addresses": addresses,
                "conditions": conditions(&[pending("Accepted"), pending("Programmed")]),
                "listeners": {
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {"properties": {
                        "conditions": conditions(&[]),
                        "supportedKinds": {"items": {"properties": {"group": group}}},
                    }},
                },
            },
        },
    }})
}

fn gateway_class() -> Value {
    json!({"type": "object", "properties": {"status": {
        "default": {"conditions": [pending("Accepted")]},
        "properties": {
            "conditions": conditions(&[pending("Accepted")]),
            "supportedFeatures": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        },
    }}})
}

fn conditions(default: &[Value]) -> Value {
    let mut node = json!({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]});
    if !default.is_empty() {
        node["default"] = default.into();
    }
    node
}

fn pending(kind: &str) -> Value {
    json!({
        "lastTransitionTime": "1970-01-01T00:00:00Z",
        "message": "Waiting for controller",
        "reason": "Pending",
        "status": "Unknown",
        "type": kind,
    })
}
