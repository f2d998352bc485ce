//! The arguments of `apply`.

use clap::{Args, ValueEnum};
use mesh_common::terminal::flags::{ContextFlags, DryRunFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;

use crate::generate::GatewayFlags;
use crate::wait::WaitFlag;

/// Install an east-west gateway and expose the cluster's services through it
///
/// Applies what `generate` and `expose services` print; unchanged objects are not written.
/// Network, revision and cluster domain are read from each cluster unless flags name them. Every server checks every
/// object before the first one is written. With both -n and --istio-namespace, -n is
/// the namespace of the gateway, and --istio-namespace that of istiod.
#[derive(Debug, Clone, Args)]
#[command(
    mut_arg("namespace", |flag| flag.help(
        "Namespace of the gateway, and of istiod unless --istio-namespace names another [default: istio-system]"
    )),
    mut_arg("istio_namespace", |flag| flag.help("Istio system namespace [default: the namespace of the gateway]"))
)]
#[command(after_help = "\
Examples:
  # In two clusters, after their networks were set with kubectl mesh-label
  kubectl mesh-eastwest apply --context east,west

  # And wait for their addresses
  kubectl mesh-eastwest apply --context east,west --wait=10m

  # Only show what would be done
  kubectl mesh-eastwest apply --context east --dry-run=server

  # Also expose istiod, for remote clusters that it manages
  kubectl mesh-eastwest apply --context east --expose services,istiod

  # Ambient mode
  kubectl mesh-eastwest apply --context east --ambient

Exit codes: 0 success, 2 error, 3 a cluster was skipped, 4 timed out, 130 Ctrl-C.")]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub contexts: ContextFlags,
    #[command(flatten)]
    pub gateway: GatewayFlags,
    /// Things to expose through the gateway; may be a comma list [default: services; none with --ambient or --single-cluster]
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub expose: Vec<ExposeArg>,
    /// Domain of the cluster's Services [default: read from its control plane]
    #[arg(long, value_name = "DOMAIN")]
    pub cluster_domain: Option<String>,
    /// Force the changes against conflicts with other field managers, such as Argo CD
    #[arg(long)]
    pub force_conflicts: bool,
    #[command(flatten)]
    pub wait: WaitFlag,
    #[command(flatten)]
    pub dry_run: DryRunFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExposeArg {
    /// The cluster's services, to the other networks
    Services,
    /// istiod, for clusters without a control plane
    Istiod,
    /// Nothing
    None,
}
