//! How a gateway's Service is reached from outside.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// The settings of a gateway's Service that are the environment's rather than Istio's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayService {
    /// Its type.
    pub service_type: ServiceType,
    /// Its annotations, which load balancers read.
    pub annotations: BTreeMap<String, String>,
    /// Which load balancer serves it; `None` is the cluster's usual one.
    pub load_balancer_class: Option<String>,
    /// Addresses that lead to the nodes by themselves.
    pub external_ips: Vec<IpAddr>,
}

impl GatewayService {
    /// The external addresses as texts.
    pub(super) fn external_ips(&self) -> Vec<String> {
        self.external_ips.iter().map(ToString::to_string).collect()
    }
}

/// The types of a Service that a gateway may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServiceType {
    /// With an address from a load balancer.
    #[default]
    LoadBalancer,
    /// By a port of each node.
    NodePort,
    /// Inside the cluster, or by external addresses.
    ClusterIp,
}

impl ServiceType {
    /// Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoadBalancer => "LoadBalancer",
            Self::NodePort => "NodePort",
            Self::ClusterIp => "ClusterIP",
        }
    }
}
