//! How a gateway's Service is reached from outside.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

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
    /// The address that the load balancer is asked for.
    pub load_balancer_ip: Option<IpAddr>,
    /// The networks in CIDR notation that the load balancer takes connections from; none is all.
    pub load_balancer_source_ranges: Vec<String>,
    /// Which nodes pass on what comes from outside of the cluster.
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// Which nodes pass on what comes from inside.
    pub internal_traffic_policy: Option<TrafficPolicy>,
    /// Whether it has addresses of one IP family or of both.
    pub ip_family_policy: Option<IpFamilyPolicy>,
    /// The IP families of its addresses, the first one first.
    pub ip_families: Vec<IpFamily>,
}

impl GatewayService {
    /// The external addresses as texts.
    pub(super) fn external_ips(&self) -> Vec<String> {
        self.external_ips.iter().map(ToString::to_string).collect()
    }

    /// The fields that have one name in the Service, in the values of the chart and in an IstioOperator, where they are set.
    pub(super) fn common_fields(&self) -> Vec<(&'static str, Value)> {
        let ranges = &self.load_balancer_source_ranges;
        let families: Vec<&str> = self.ip_families.iter().map(|one| one.as_str()).collect();
        let policy = |policy: Option<TrafficPolicy>| policy.map(|one| json!(one.as_str()));
        let some_of = |list: Value| {
            list.as_array()
                .is_some_and(|all| !all.is_empty())
                .then_some(list)
        };
        [
            (
                "loadBalancerIP",
                self.load_balancer_ip.map(|ip| json!(ip.to_string())),
            ),
            ("loadBalancerSourceRanges", some_of(json!(ranges))),
            (
                "externalTrafficPolicy",
                policy(self.external_traffic_policy),
            ),
            (
                "internalTrafficPolicy",
                policy(self.internal_traffic_policy),
            ),
            (
                "ipFamilyPolicy",
                self.ip_family_policy.map(|one| json!(one.as_str())),
            ),
            ("ipFamilies", some_of(json!(families))),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((field, value?)))
        .collect()
    }
}

/// Which nodes pass on what comes to a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrafficPolicy {
    /// All nodes, to any pod.
    Cluster,
    /// Each node to its own pods.
    Local,
}

impl TrafficPolicy {
    /// Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Local => "Local",
        }
    }
}

/// An IP family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpFamily {
    /// Version 4.
    V4,
    /// Version 6.
    V6,
}

impl IpFamily {
    /// Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// Whether a Service has addresses of one IP family or of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpFamilyPolicy {
    /// Of one.
    SingleStack,
    /// Of both, where the cluster has both.
    PreferDualStack,
    /// Of both.
    RequireDualStack,
}

impl IpFamilyPolicy {
    /// Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SingleStack => "SingleStack",
            Self::PreferDualStack => "PreferDualStack",
            Self::RequireDualStack => "RequireDualStack",
        }
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
