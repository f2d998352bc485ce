//! The arguments of `global`.

use clap::Args;
use mesh_common::terminal::flags::ContextFlags;
use mesh_common::terminal::flags_server::ConnectServerFlags;

use crate::mark::WriteFlags;

/// Make Services mesh-wide in ambient mode, by the label istio.io/global of the same Service in every cluster
///
/// Every cluster is read, and every server checks the change, before the first one is written: where a Service is missing or
/// has another value, nothing is written anywhere. A cluster that is not reached or refuses costs itself alone.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # The Service web of the namespace shop, in both clusters
  kubectl mesh-label global shop/web --context east,west

  # Several Services of one namespace
  kubectl mesh-label global web cart -n shop --context east,west

  # Back to one Service for each cluster
  kubectl mesh-label global shop/web --remove --context east,west")]
pub(crate) struct GlobalArgs {
    /// Services; a namespace in front wins over -n
    #[arg(value_name = "[NAMESPACE/]SERVICE", required = true)]
    pub services: Vec<String>,
    /// Namespace of the Services [default: the context's]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    #[command(flatten)]
    pub contexts: ContextFlags,
    #[command(flatten)]
    pub write: WriteFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
