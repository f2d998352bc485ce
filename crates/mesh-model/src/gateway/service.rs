//! The settings of a gateway's Service.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

/// The settings of a gateway's Service that depend on the environment and not on Istio.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayService {
    /// Its type.
    pub service_type: ServiceType,
    /// Its annotations, which load balancers read.
    pub annotations: BTreeMap<String, String>,
    /// The class of its load balancer; `None` is the cluster's default.
    pub load_balancer_class: Option<String>,
    /// External IPs, which are routed to the nodes without a load balancer.
    pub external_ips: Vec<IpAddr>,
    /// The address that is requested from the load balancer.
    pub load_balancer_ip: Option<IpAddr>,
    /// The networks in CIDR notation from which the load balancer accepts connections; if empty, all.
    pub load_balancer_source_ranges: Vec<String>,
    /// The nodes that accept traffic from outside of the cluster.
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// The nodes that accept traffic from inside the cluster.
    pub internal_traffic_policy: Option<TrafficPolicy>,
    /// One IP family or both.
    pub ip_family_policy: Option<IpFamilyPolicy>,
    /// The IP families of its addresses, the primary one first.
    pub ip_families: Vec<IpFamily>,
}

impl GatewayService {
    /// Returns the external IPs as texts.
    pub(super) fn external_ips(&self) -> Vec<String> {
        self.external_ips.iter().map(ToString::to_string).collect()
    }

    /// Returns the fields that are set and have the same name in the Service, in the values of the chart and in an
    /// IstioOperator.
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

/// The traffic policy of a Service: the endpoints that a node sends traffic to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrafficPolicy {
    /// All pods of the cluster.
    Cluster,
    /// The pods of the same node.
    Local,
}

impl TrafficPolicy {
    /// Returns Kubernetes' word for it.
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
    /// Returns Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// The IP family policy of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpFamilyPolicy {
    /// One family.
    SingleStack,
    /// Both, if the cluster has both.
    PreferDualStack,
    /// Both.
    RequireDualStack,
}

impl IpFamilyPolicy {
    /// Returns Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SingleStack => "SingleStack",
            Self::PreferDualStack => "PreferDualStack",
            Self::RequireDualStack => "RequireDualStack",
        }
    }
}

/// The Service types that a gateway may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServiceType {
    /// With a load balancer.
    #[default]
    LoadBalancer,
    /// With a port on each node.
    NodePort,
    /// Inside the cluster, or with external IPs.
    ClusterIp,
}

impl ServiceType {
    /// Returns Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoadBalancer => "LoadBalancer",
            Self::NodePort => "NodePort",
            Self::ClusterIp => "ClusterIP",
        }
    }
}
