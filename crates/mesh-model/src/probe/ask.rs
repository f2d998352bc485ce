//! The questions to a port.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One question to one port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The addresses of the host; the first one that accepts a connection is used.
    pub addresses: Vec<IpAddr>,
    /// The port.
    pub port: u16,
    /// The request.
    pub ask: Ask,
}

/// The request. Only an HTTP request or a TLS `ClientHello` is ever sent: no credential and no certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    /// Asks whether the proxy has its configuration: `GET /healthz/ready` without TLS.
    Readiness,
    /// Asks for the server's certificate: a TLS handshake.
    Greeting {
        /// The server name (SNI); if `None`, no name is sent.
        server_name: Option<String>,
        /// The protocols offered (ALPN).
        protocols: Vec<String>,
        /// True if only TLS 1.3 is offered.
        only_tls13: bool,
    },
}

/// A gateway's filter chains match both server name and protocol, and these are the protocols of the mesh. Without one
/// of them a healthy gateway closes the connection. Source: `builtAutoPassthroughFilterChains` in Istio's
/// `pilot/pkg/networking/core/gateway.go`.
const MESH_PROTOCOLS: &[&str] = &[
    "istio",
    "istio-peer-exchange",
    "istio-http/1.0",
    "istio-http/1.1",
    "istio-h2",
];

impl Ask {
    /// Returns the question to a Service of the mesh behind a gateway that passes TLS through.
    ///
    /// Source of the name: `BuildDNSSrvSubsetKey` in Istio's `pilot/pkg/model/push_context.go`.
    pub fn service(port: i32, host: &str) -> Self {
        Self::Greeting {
            server_name: Some(format!("outbound_.{port}_._.{host}")),
            protocols: owned(MESH_PROTOCOLS),
            only_tls13: false,
        }
    }

    /// Returns the question to a gateway that terminates HBONE; HBONE is TLS 1.3, and no server name is needed. Source:
    /// Istio's `pilot/pkg/networking/core/listener_waypoint.go`.
    pub fn hbone() -> Self {
        Self::Greeting {
            server_name: None,
            protocols: owned(&["h2"]),
            only_tls13: true,
        }
    }

    /// Returns the question to an istiod of that name, such as `istiod.istio-system.svc`.
    pub fn istiod(server_name: impl Into<String>) -> Self {
        Self::Greeting {
            server_name: Some(server_name.into()),
            protocols: owned(&["h2"]),
            only_tls13: false,
        }
    }
}

fn owned(protocols: &[&str]) -> Vec<String> {
    protocols.iter().map(|one| (*one).to_owned()).collect()
}
