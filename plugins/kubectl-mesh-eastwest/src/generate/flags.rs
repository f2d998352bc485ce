//! The flags of a gateway, for every verb that makes one.

use clap::{Args, ValueEnum};
use mesh_common::model::gateway::{
    EastWestGateway, GatewaySpec, IpFamily, IpFamilyPolicy, ServiceType, TrafficPolicy,
};
use mesh_common::terminal::flags::{NamespaceFlags, given};

/// A gateway. Values are checked by [`GatewaySpec::resolve`], so that all errors are reported at once.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the documentation of a flag is its help"
)]
pub(crate) struct GatewayFlags {
    /// Network of the cluster (topology.istio.io/network)
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<String>,
    /// Create a gateway without a network, for virtual machines in a mesh of one cluster
    #[arg(long)]
    pub single_cluster: bool,
    /// Create the gateway of ambient mode: a Gateway with an HBONE listener, for which istiod creates Deployment and Service
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
    /// loadBalancerClass of its Service
    #[arg(long, value_name = "CLASS")]
    pub load_balancer_class: Option<String>,
    /// External IP of its Service, an address that is routed to the cluster's nodes; may be repeated or a comma list
    #[arg(long = "external-ip", value_name = "IP", value_delimiter = ',')]
    pub external_ips: Vec<String>,
    /// loadBalancerIP of its Service
    #[arg(long, value_name = "IP")]
    pub load_balancer_ip: Option<String>,
    /// CIDR that the load balancer accepts connections from; may be repeated or a comma list [default: all]
    #[arg(
        long = "load-balancer-source-range",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub load_balancer_source_ranges: Vec<String>,
    /// externalTrafficPolicy of its Service; Local keeps the source address
    #[arg(long, value_name = "POLICY")]
    pub external_traffic_policy: Option<TrafficPolicyArg>,
    /// internalTrafficPolicy of its Service
    #[arg(long, value_name = "POLICY")]
    pub internal_traffic_policy: Option<TrafficPolicyArg>,
    /// ipFamilyPolicy of its Service
    #[arg(long, value_name = "POLICY")]
    pub ip_family_policy: Option<IpFamilyPolicyArg>,
    /// ipFamilies of its Service, in order
    #[arg(long = "ip-family", value_name = "FAMILY,…", value_delimiter = ',')]
    pub ip_families: Vec<IpFamilyArg>,
    /// Label of the nodes that its pods run on; may be repeated or a comma list
    #[arg(
        long = "node-selector",
        value_name = "KEY=VALUE",
        value_delimiter = ','
    )]
    pub node_selector: Vec<String>,
    /// Taint that its pods tolerate, written as in kubectl taint; may be repeated or a comma list
    #[arg(
        long = "toleration",
        value_name = "KEY[=VALUE][:EFFECT]",
        value_delimiter = ','
    )]
    pub tolerations: Vec<String>,
    /// Platform of the cluster (global.platform of Istio's charts)
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<PlatformArg>,
    /// Fixed number of pods [default: an autoscaler with 1 to 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub replicas: Option<String>,
    /// All ports of its Service, each NAME=PORT, NAME=PORT:TARGETPORT or only the NAME of a default port [default: status-port=15021,tls=15443,tls-istiod=15012,tls-webhook=15017]
    #[arg(
        long,
        value_name = "PORT,…",
        value_delimiter = ',',
        hide_default_value = true
    )]
    pub ports: Vec<String>,
}

impl GatewayFlags {
    /// Returns the gateway that they ask for. As with kubectl, an empty value is as if the flag was not given.
    pub(crate) fn spec(&self) -> GatewaySpec {
        let one = |flag: &Option<String>| given(flag.as_deref());
        GatewaySpec {
            network: one(&self.network),
            single_cluster: self.single_cluster,
            ambient: self.ambient,
            revision: one(&self.revision),
            name: one(&self.name),
            namespace: self.namespace.resolve().to_owned(),
            service_type: self.service_type.map(Into::into),
            annotations: not_empty(&self.annotations),
            load_balancer_class: one(&self.load_balancer_class),
            external_ips: not_empty(&self.external_ips),
            load_balancer_ip: one(&self.load_balancer_ip),
            load_balancer_source_ranges: not_empty(&self.load_balancer_source_ranges),
            external_traffic_policy: self.external_traffic_policy.map(Into::into),
            internal_traffic_policy: self.internal_traffic_policy.map(Into::into),
            ip_family_policy: self.ip_family_policy.map(Into::into),
            ip_families: self.ip_families.iter().map(|one| (*one).into()).collect(),
            node_selector: not_empty(&self.node_selector),
            tolerations: not_empty(&self.tolerations),
            platform: self.platform.map(|platform| platform.word().to_owned()),
            replicas: one(&self.replicas),
            ports: not_empty(&self.ports),
        }
    }

    /// Returns a warning where a flag has no effect on `gateway`.
    pub(super) fn without_effect(&self, gateway: &EastWestGateway) -> Option<String> {
        let network = given(self.network.as_deref())?;
        gateway.network.is_none().then(|| {
            format!(
                "--single-cluster leaves --network {network} out, as gen-eastwest-gateway.sh does"
            )
        })
    }
}

fn not_empty(texts: &[String]) -> Vec<String> {
    let texts = texts.iter().filter(|text| !text.is_empty());
    texts.cloned().collect()
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
    /// Returns the charts' word for it.
    fn word(self) -> &'static str {
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
