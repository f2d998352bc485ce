//! The arguments of `control-plane`.

use clap::Args;
use mesh_common::terminal::flags::{ContextFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;

use crate::mark::WriteFlags;

/// Say which clusters' control planes lead a cluster that has none of its own
///
/// Sets the annotation topology.istio.io/controlPlaneClusters of Istio's namespace. Without it no istiod gives the
/// cluster its webhook's CA and its root certificate. The clusters are named as their istiods name them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # West is led by east's control plane
  kubectl mesh-label control-plane east --context west

  # Any control plane that reads west may lead it
  kubectl mesh-label control-plane '*' --context west

  # Take it away
  kubectl mesh-label control-plane --remove --context west")]
pub(crate) struct ControlPlaneArgs {
    /// The leading clusters, or '*' for any
    #[arg(
        value_name = "CLUSTER",
        value_delimiter = ',',
        required_unless_present = "remove",
        conflicts_with = "remove"
    )]
    pub clusters: Vec<String>,
    #[command(flatten)]
    pub contexts: ContextFlags,
    #[command(flatten)]
    pub write: WriteFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
