//! The parts of Istio that have a network or a cluster name of their own.

use serde::Serialize;

/// A part of Istio that has a network or a cluster name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Istio's namespace.
    Namespace,
    /// istiod's Deployment.
    Istiod,
    /// The values of sidecar injection.
    Injector,
    /// A Service or a Gateway of the Gateway API with the network label.
    Gateway,
    /// The pods behind such a Service.
    GatewayPods,
    /// ztunnel's `DaemonSet`.
    Ztunnel,
    /// Pods with a sidecar.
    Pods,
}

impl Part {
    /// Returns the word in a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Istiod => "istiod",
            Self::Injector => "injector",
            Self::Gateway => "gateway",
            Self::GatewayPods => "gateway pods",
            Self::Ztunnel => "ztunnel",
            Self::Pods => "pods",
        }
    }

    pub(super) fn knows_network(self) -> bool {
        match self {
            Self::Istiod => false,
            Self::Namespace
            | Self::Injector
            | Self::Gateway
            | Self::GatewayPods
            | Self::Ztunnel
            | Self::Pods => true,
        }
    }

    pub(super) fn knows_cluster(self) -> bool {
        match self {
            Self::Namespace | Self::Gateway => false,
            Self::Istiod | Self::Injector | Self::GatewayPods | Self::Ztunnel | Self::Pods => true,
        }
    }
}
