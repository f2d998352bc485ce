//! The arguments of `network`.

use clap::Args;
use mesh_common::terminal::flags::{ContextFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;

use crate::mark::WriteFlags;

/// Say which network a cluster is on, by the label topology.istio.io/network of Istio's namespace
///
/// Clusters whose pods reach each other directly are on one network; all others need a network of their own and an
/// east-west gateway. Nothing is written where the label is right, and nothing anywhere before all clusters were checked.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # The cluster of the current context
  kubectl mesh-label network net-a

  # Several clusters, each by its context
  kubectl mesh-label network east=net-a west=net-b

  # Before Istio is installed
  kubectl mesh-label network net-a --context east --create-namespace

  # Take it away
  kubectl mesh-label network --remove --context east")]
pub(crate) struct NetworkArgs {
    /// The network, or CONTEXT=NETWORK for each of several clusters
    #[arg(
        value_name = "NETWORK",
        required_unless_present = "remove",
        conflicts_with = "remove"
    )]
    pub networks: Vec<String>,
    #[command(flatten)]
    pub contexts: ContextFlags,
    /// Make Istio's namespace where it is missing
    #[arg(long, conflicts_with = "remove")]
    pub create_namespace: bool,
    #[command(flatten)]
    pub write: WriteFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
