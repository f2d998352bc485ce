//! The flags that say what a gateway is to be, whatever becomes of it.

use clap::{Args, ValueEnum};
use mesh_common::model::gateway::{IpFamily, IpFamilyPolicy, ServiceType, TrafficPolicy};
use mesh_common::terminal::flags::NamespaceFlags;

/// What a gateway is to be. Values are checked by `resolve`, so that all that is wrong is said at once.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the documentation of a flag is its help"
)]
pub(crate) struct GatewayFlags {
    /// Network that the gateway leads into, which is the cluster's
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<String>,
    /// Make a gateway without a network, for virtual machines in a mesh of one cluster
    #[arg(long)]
    pub single_cluster: bool,
    /// Make the gateway of ambient mode: a Gateway of HBONE connections that istiod itself runs
    #[arg(long)]
    pub ambient: bool,
    /// Revision of the control plane that configures the gateway
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Name of the gateway [default: istio-eastwestgateway]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    /// Type of its Service [default: LoadBalancer]
    #[arg(long, value_name = "TYPE")]
    pub service_type: Option<ServiceTypeArg>,
    /// Annotation of its Service; may be repeated
    #[arg(long = "annotation", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
    /// Load balancer that serves its Service, where the cluster has several
    #[arg(long, value_name = "CLASS")]
    pub load_balancer_class: Option<String>,
    /// Address that leads to the cluster's nodes by itself; may be repeated or be a list with commas
    #[arg(long = "external-ip", value_name = "IP", value_delimiter = ',')]
    pub external_ips: Vec<String>,
    /// Address that the load balancer is asked for, where it takes one from spec.loadBalancerIP
    #[arg(long, value_name = "IP")]
    pub load_balancer_ip: Option<String>,
    /// Network that the load balancer takes connections from; may be repeated or be a list with commas [default: all]
    #[arg(
        long = "load-balancer-source-range",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub load_balancer_source_ranges: Vec<String>,
    /// Which nodes pass on what comes from outside of the cluster: Local keeps the source address
    #[arg(long, value_name = "POLICY")]
    pub external_traffic_policy: Option<TrafficPolicyArg>,
    /// Which nodes pass on what comes from inside of the cluster
    #[arg(long, value_name = "POLICY")]
    pub internal_traffic_policy: Option<TrafficPolicyArg>,
    /// Whether its Service has addresses of one IP family or of both
    #[arg(long, value_name = "POLICY")]
    pub ip_family_policy: Option<IpFamilyPolicyArg>,
    /// IP families of its Service, the first one first
    #[arg(long = "ip-family", value_name = "FAMILY,…", value_delimiter = ',')]
    pub ip_families: Vec<IpFamilyArg>,
    /// Label of the nodes that its pods run on; may be repeated or be a list with commas
    #[arg(
        long = "node-selector",
        value_name = "KEY=VALUE",
        value_delimiter = ','
    )]
    pub node_selector: Vec<String>,
    /// Taint that its pods tolerate, as kubectl taint has it; may be repeated or be a list with commas
    #[arg(
        long = "toleration",
        value_name = "KEY[=VALUE][:EFFECT]",
        value_delimiter = ','
    )]
    pub tolerations: Vec<String>,
    /// Platform of the cluster, as Istio's charts know it
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<PlatformArg>,
    /// Number of pods, in place of an autoscaler between 1 and 5
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub replicas: Option<String>,
    /// All ports of its Service, each NAME=PORT, NAME=PORT:TARGETPORT or the NAME of a usual one [default: status-port=15021,tls=15443,tls-istiod=15012,tls-webhook=15017]
    #[arg(
        long,
        value_name = "PORT,…",
        value_delimiter = ',',
        hide_default_value = true
    )]
    pub ports: Vec<String>,
}

/// Kubernetes' words for [`ServiceType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServiceTypeArg {
    #[value(name = "LoadBalancer")]
    LoadBalancer,
    #[value(name = "NodePort")]
    NodePort,
    #[value(name = "ClusterIP")]
    ClusterIp,
}

impl From<ServiceTypeArg> for ServiceType {
    fn from(argument: ServiceTypeArg) -> Self {
        match argument {
            ServiceTypeArg::LoadBalancer => Self::LoadBalancer,
            ServiceTypeArg::NodePort => Self::NodePort,
            ServiceTypeArg::ClusterIp => Self::ClusterIp,
        }
    }
}

/// Kubernetes' words for [`TrafficPolicy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrafficPolicyArg {
    #[value(name = "Cluster")]
    Cluster,
    #[value(name = "Local")]
    Local,
}

impl From<TrafficPolicyArg> for TrafficPolicy {
    fn from(argument: TrafficPolicyArg) -> Self {
        match argument {
            TrafficPolicyArg::Cluster => Self::Cluster,
            TrafficPolicyArg::Local => Self::Local,
        }
    }
}

/// Kubernetes' words for [`IpFamilyPolicy`].
#[expect(clippy::enum_variant_names, reason = "the words are Kubernetes' own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IpFamilyPolicyArg {
    #[value(name = "SingleStack")]
    SingleStack,
    #[value(name = "PreferDualStack")]
    PreferDualStack,
    #[value(name = "RequireDualStack")]
    RequireDualStack,
}

impl From<IpFamilyPolicyArg> for IpFamilyPolicy {
    fn from(argument: IpFamilyPolicyArg) -> Self {
        match argument {
            IpFamilyPolicyArg::SingleStack => Self::SingleStack,
            IpFamilyPolicyArg::PreferDualStack => Self::PreferDualStack,
            IpFamilyPolicyArg::RequireDualStack => Self::RequireDualStack,
        }
    }
}

/// Kubernetes' words for [`IpFamily`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IpFamilyArg {
    #[value(name = "IPv4")]
    V4,
    #[value(name = "IPv6")]
    V6,
}

impl From<IpFamilyArg> for IpFamily {
    fn from(argument: IpFamilyArg) -> Self {
        match argument {
            IpFamilyArg::V4 => Self::V4,
            IpFamilyArg::V6 => Self::V6,
        }
    }
}

/// The platforms that Istio's charts have a profile for.
/// Source: `helm-profiles/platform-*.yaml` in Istio's `manifests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlatformArg {
    Gke,
    K3d,
    K3s,
    Microk8s,
    Minikube,
    Openshift,
}

impl PlatformArg {
    /// The charts' word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Gke => "gke",
            Self::K3d => "k3d",
            Self::K3s => "k3s",
            Self::Microk8s => "microk8s",
            Self::Minikube => "minikube",
            Self::Openshift => "openshift",
        }
    }
}
