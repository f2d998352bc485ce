//! The kinds of Istio and of the Gateway API.
//!
//! Source: Istio's API (`networking/v1`, `security/v1`) and <https://gateway-api.sigs.k8s.io/reference/spec/>.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta};
use serde::{Deserialize, Serialize};

/// Istio's Gateway: the listeners of a gateway's pods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IstioGateway {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The listeners.
    #[serde(default)]
    pub spec: IstioGatewaySpec,
}

/// The spec of an [`IstioGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IstioGatewaySpec {
    /// Labels of the pods.
    pub selector: BTreeMap<String, String>,
    /// Its listeners.
    pub servers: Vec<Server>,
}

/// A listener of an [`IstioGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// The port of the gateway's Service.
    pub port: ServerPort,
    /// Host patterns, each with or without a namespace.
    pub hosts: Vec<String>,
    /// Its TLS settings.
    pub tls: Option<ServerTls>,
}

/// The port of a [`Server`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerPort {
    /// The port of the gateway's Service.
    pub number: i32,
}

/// The TLS settings of a [`Server`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerTls {
    /// `AUTO_PASSTHROUGH`, `PASSTHROUGH`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`.
    pub mode: Option<String>,
}

/// Istio's `VirtualService`: the routes for incoming traffic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VirtualService {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The routes.
    #[serde(default)]
    pub spec: VirtualServiceSpec,
}

/// The spec of a [`VirtualService`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VirtualServiceSpec {
    /// The gateways that it applies to, each with or without its namespace.
    pub gateways: Vec<String>,
}

/// Istio's `PeerAuthentication`: the mutual TLS mode of pods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PeerAuthentication {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The rule.
    #[serde(default)]
    pub spec: PeerAuthenticationSpec,
}

/// The spec of a [`PeerAuthentication`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerAuthenticationSpec {
    /// The pods that it applies to.
    pub selector: Option<PodSelector>,
    /// The mode for all ports.
    pub mtls: Option<MutualTls>,
    /// The mode for single ports of the pods.
    pub port_level_mtls: BTreeMap<String, MutualTls>,
}

/// Pods by their labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSelector {
    /// Labels that they all have.
    pub match_labels: BTreeMap<String, String>,
}

/// A mutual TLS mode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MutualTls {
    /// `DISABLE`, `PERMISSIVE`, `STRICT` or `UNSET`.
    pub mode: Option<String>,
}

/// The Gateway API's Gateway, for which istiod creates a Deployment and a Service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ApiGateway {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// Its spec.
    #[serde(default)]
    pub spec: ApiGatewaySpec,
    /// Its status.
    #[serde(default)]
    pub status: ApiGatewayStatus,
}

/// The spec of an [`ApiGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApiGatewaySpec {
    /// The class, which selects the controller.
    pub gateway_class_name: String,
    /// Its ports.
    pub listeners: Vec<Listener>,
}

/// A listener of an [`ApiGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listener {
    /// The port.
    pub port: i32,
    /// `HBONE`, `TLS`, …
    pub protocol: String,
    /// Its TLS settings.
    pub tls: Option<ListenerTls>,
}

/// The TLS settings of a [`Listener`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenerTls {
    /// `Terminate` or `Passthrough`; unset is `Terminate`.
    pub mode: Option<String>,
    /// Options that only Istio defines.
    pub options: BTreeMap<String, String>,
}

/// The status of an [`ApiGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiGatewayStatus {
    /// Its addresses.
    pub addresses: Vec<GatewayAddress>,
    /// `Accepted`, `Programmed`.
    pub conditions: Vec<Condition>,
}

/// An address of an [`ApiGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayAddress {
    /// `IPAddress` or `Hostname`; unset is `IPAddress`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The address.
    pub value: String,
}

kind!(IstioGateway is "Gateway" in "networking.istio.io" / "v1", "gateways");
kind!(VirtualService is "VirtualService" in "networking.istio.io" / "v1", "virtualservices");
kind!(PeerAuthentication is "PeerAuthentication" in "security.istio.io" / "v1", "peerauthentications");
kind!(ApiGateway is "Gateway" in "gateway.networking.k8s.io" / "v1", "gateways");

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_and_what_is_not_known_is_no_error() {
        let gateway: IstioGateway = serde_json::from_value(json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "g"},
            "spec": {"servers": [{"port": {"number": 15443, "name": "tls", "protocol": "TLS"}, "bind": "127.0.0.1"}]}
        }))
        .unwrap();
        assert_eq!(gateway.spec.servers[0].port.number, 15443);
        let api: ApiGateway = serde_json::from_value(json!({"metadata": {}})).unwrap();
        assert_eq!(api.status, ApiGatewayStatus::default());
    }
}
