//! The arguments of `show`.

use clap::Args;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::OutputFlags;

/// Show what each part of a cluster says its network and its name are; drift is marked and ends with 1
///
/// Asked are Istio's namespace, istiod, the injector, gateways with the network label and their pods, ztunnel, and a
/// sample of the pods with a proxy.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # Two clusters beside each other
  kubectl mesh-label show --context east,west

  # Every cluster of the kubeconfig, for a script
  kubectl mesh-label show --all-contexts -o json

Exit codes: 0 fine, 1 drift, 2 it could not be done, 3 some cluster was not reached.")]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
