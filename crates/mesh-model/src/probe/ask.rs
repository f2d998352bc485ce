//! The questions.

use std::net::IpAddr;

/// One question to one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the host's name resolves to, or its address; the first that lets itself be connected to is asked.
    pub addresses: Vec<IpAddr>,
    /// The port.
    pub port: u16,
    /// What is asked there.
    pub ask: Ask,
}

/// What is asked. Nothing but a greeting is ever sent: no credential and no certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Whether the proxy has its configuration: `GET /healthz/ready` without TLS.
    Readiness,
    /// Who is there: a TLS handshake.
    Greeting {
        /// The name asked for (SNI); without one none is sent.
        server_name: Option<String>,
        /// The protocols offered (ALPN).
        protocols: &'static [&'static str],
        /// Whether nothing older than TLS 1.3 will do.
        only_tls13: bool,
    },
}

/// A gateway's filter chains match on both name and protocol, and these are the protocols of the mesh. Without one of
/// them a healthy gateway hangs up.
/// Source: `builtAutoPassthroughFilterChains` in Istio's `pilot/pkg/networking/core/gateway.go`.
const MESH_PROTOCOLS: &[&str] = &[
    "istio",
    "istio-peer-exchange",
    "istio-http/1.0",
    "istio-http/1.1",
    "istio-h2",
];

impl Ask {
    /// Who answers for a Service of the mesh behind a gateway that passes TLS through.
    ///
    /// Source of the name: `BuildDNSSrvSubsetKey` in Istio's `pilot/pkg/model/push_context.go`.
    pub fn service(port: i32, host: &str) -> Self {
        Self::Greeting {
            server_name: Some(format!("outbound_.{port}_._.{host}")),
            protocols: MESH_PROTOCOLS,
            only_tls13: false,
        }
    }

    /// Who ends HBONE connections; they are TLS 1.3, and no name is needed.
    /// Source: Istio's `pilot/pkg/networking/core/listener_waypoint.go`.
    pub fn hbone() -> Self {
        Self::Greeting {
            server_name: None,
            protocols: &["h2"],
            only_tls13: true,
        }
    }

    /// Who answers for an istiod of that name, such as `istiod.istio-system.svc`.
    pub fn istiod(server_name: impl Into<String>) -> Self {
        Self::Greeting {
            server_name: Some(server_name.into()),
            protocols: &["h2"],
            only_tls13: false,
        }
    }
}
