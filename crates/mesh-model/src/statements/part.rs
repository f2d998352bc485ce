//! The parts of Istio that have a view of their own.

use serde::Serialize;

/// A part of Istio that has a view of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Istio's namespace.
    Namespace,
    /// istiod's Deployment.
    Istiod,
    /// The values by which sidecars are injected.
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
    /// The word that a table shows.
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
