//! The flags that say what a gateway is to be, whatever becomes of it.

use clap::{Args, ValueEnum};
use mesh_common::mesh::gateway::ServiceType;
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
