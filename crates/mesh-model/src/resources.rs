//! The kinds of Istio and of the Gateway API that are read, with the fields that somebody here looks at and no others.
//!
//! Source: Istio's API (`networking/v1`, `security/v1`) and <https://gateway-api.sigs.k8s.io/reference/spec/>.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta};
use serde::{Deserialize, Serialize};

/// Lets the Kubernetes client know a kind of a namespace.
macro_rules! kind {
    ($type:ident is $kind:literal in $group:literal / $version:literal, $plural:literal) => {
        impl k8s_openapi::Resource for $type {
            const API_VERSION: &'static str = concat!($group, "/", $version);
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = k8s_openapi::NamespaceResourceScope;
        }

        impl k8s_openapi::Metadata for $type {
            type Ty = ObjectMeta;

            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        }
    };
}

/// Istio's Gateway: which listeners the pods of a gateway have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IstioGateway {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The listeners.
    #[serde(default)]
    pub spec: IstioGatewaySpec,
}

/// What an [`IstioGateway`] says.
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
    /// Patterns of hosts, each with a namespace before it or not.
    pub hosts: Vec<String>,
    /// What is done with TLS.
    pub tls: Option<ServerTls>,
}

/// The port of a [`Server`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerPort {
    /// The port of the gateway's Service.
    pub number: i32,
}

/// What a [`Server`] does with TLS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerTls {
    /// `AUTO_PASSTHROUGH`, `PASSTHROUGH`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`.
    pub mode: Option<String>,
}

/// Istio's `VirtualService`: what is done with what comes in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VirtualService {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The routes.
    #[serde(default)]
    pub spec: VirtualServiceSpec,
}

/// What a [`VirtualService`] says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VirtualServiceSpec {
    /// The gateways that it is for, each with its namespace before it or not.
    pub gateways: Vec<String>,
}

/// Istio's `PeerAuthentication`: whether pods take mutual TLS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PeerAuthentication {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The rule.
    #[serde(default)]
    pub spec: PeerAuthenticationSpec,
}

/// What a [`PeerAuthentication`] says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeerAuthenticationSpec {
    /// The pods that it is for.
    pub selector: Option<PodSelector>,
    /// The rule for all ports.
    pub mtls: Option<MutualTls>,
    /// The rule for single ports of the pods.
    pub port_level_mtls: BTreeMap<String, MutualTls>,
}

/// Pods by their labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSelector {
    /// Labels that they all have.
    pub match_labels: BTreeMap<String, String>,
}

/// Whether mutual TLS is spoken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MutualTls {
    /// `DISABLE`, `PERMISSIVE`, `STRICT` or `UNSET`.
    pub mode: Option<String>,
}

/// The Gateway API's Gateway, which istiod turns into a Deployment and a Service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ApiGateway {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// What it is to be.
    #[serde(default)]
    pub spec: ApiGatewaySpec,
    /// What became of it.
    #[serde(default)]
    pub status: ApiGatewayStatus,
}

/// What an [`ApiGateway`] is to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApiGatewaySpec {
    /// Who makes it so.
    pub gateway_class_name: String,
    /// Its ports.
    pub listeners: Vec<Listener>,
}

/// A port of an [`ApiGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listener {
    /// The port.
    pub port: i32,
    /// `HBONE`, `TLS`, …
    pub protocol: String,
    /// What is done with TLS.
    pub tls: Option<ListenerTls>,
}

/// What a [`Listener`] does with TLS.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenerTls {
    /// `Terminate` or `Passthrough`; unset is `Terminate`.
    pub mode: Option<String>,
    /// Istio's own words.
    pub options: BTreeMap<String, String>,
}

/// What became of an [`ApiGateway`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiGatewayStatus {
    /// Where it is.
    pub addresses: Vec<GatewayAddress>,
    /// `Accepted`, `Programmed`.
    pub conditions: Vec<Condition>,
}

/// Where an [`ApiGateway`] is.
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
