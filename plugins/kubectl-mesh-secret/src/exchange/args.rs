//! The arguments of `exchange`.

use std::time::Duration;

use clap::Args;
use mesh_common::terminal::flags::{
    AllContextFlags, ConnectFlags, DryRunFlags, NamespaceFlags, duration,
};
use mesh_common::terminal::flags_server::NoEntryFlags;
use mesh_common::terminal::prompt::ConfirmFlags;

/// Create remote secrets between all clusters, so that each istiod has access to every other cluster
///
/// For each ordered pair of clusters, applies what create would apply, where it differs. What a remote cluster lacks
/// (service account, role, token Secret) is created there, each secret is used once, and nothing is written to a holder
/// before all pairs were checked. Clusters that are unreachable or forbid access are skipped with their pairs; the
/// other pairs are still created (exit code 3).
#[derive(Clone, Args)]
#[command(mut_arg("contexts", |flag| flag.help(
    "Contexts of the clusters to connect; may be repeated or a comma list"
)))]
#[command(after_help = "\
Examples:
  # Three primaries, in all six directions
  kubectl mesh-secret exchange --context east,west,north

  # East has the control plane; west and north have none
  kubectl mesh-secret exchange --primary east --remote west,north

  # And delete the secrets for clusters that are not in --context
  kubectl mesh-secret exchange --context east,west --prune

  # The API servers' addresses as istiod in the other clusters reaches them
  kubectl mesh-secret exchange --context east,west \\
    --server east=https://10.1.0.10:6443 --server west=https://10.2.0.10:6443

Exit codes: 0 success, 2 error, 3 a cluster was skipped, 130 Ctrl-C.")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "it mirrors the flags one to one"
)]
pub(crate) struct ExchangeArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Contexts of clusters with a control plane, which hold remote secrets; may be repeated or a comma list
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',', conflicts_with_all = ["contexts", "all_contexts"])]
    pub primary: Vec<String>,
    /// Contexts of clusters without a control plane, which hold none; may be repeated or a comma list
    #[arg(
        long,
        value_name = "CONTEXT",
        value_delimiter = ',',
        requires = "primary"
    )]
    pub remote: Vec<String>,
    /// Name of a cluster, as set in its own istiod [default: read from its istiod]; may be repeated
    #[arg(long, value_name = "CONTEXT=NAME")]
    pub name: Vec<String>,
    /// After asking, delete remote secrets for clusters that are not in --context, --primary or --remote
    #[arg(long, conflicts_with = "all_contexts")]
    pub prune: bool,
    #[command(flatten)]
    pub confirm: ConfirmFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,

    /// URL of a cluster's API server as istiod in the other clusters reaches it [default: the context's]; may be repeated
    #[arg(long, value_name = "CONTEXT=URL", help_heading = "Server")]
    pub server: Vec<String>,
    /// Accept loopback addresses as servers, such as 127.0.0.1
    #[arg(long, help_heading = "Server")]
    pub allow_loopback: bool,
    /// Do not test the secrets before they are applied
    #[arg(long, help_heading = "Server")]
    pub no_verify: bool,
    /// Request tokens that expire after this time (at least 10m), one for each holder, which can be revoked separately
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Credential")]
    pub token_duration: Option<Duration>,

    #[command(flatten)]
    pub dry_run: DryRunFlags,
    /// Force the changes against conflicts with other field managers, such as Argo CD
    #[arg(long)]
    pub force_conflicts: bool,
    /// Replace secrets that give access to another cluster than the one of their name
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub connect: ConnectFlags,
    #[command(flatten)]
    pub entry: NoEntryFlags,
}
