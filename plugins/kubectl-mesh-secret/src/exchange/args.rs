//! The arguments of `exchange`.

use std::time::Duration;

use clap::Args;
use mesh_common::terminal::flags::{
    AllContextFlags, ConnectFlags, DryRunFlags, NamespaceFlags, duration,
};
use mesh_common::terminal::flags_server::NoEntryFlags;
use mesh_common::terminal::prompt::ConfirmFlags;

/// Give every cluster a secret for every other one, so that all their istiods read each other
///
/// Each ordered pair of clusters is made right: what create would apply, applied where it differs. What a source lacks
/// (reader account, role, token Secret) is created there, each secret is used once, and nothing is written to a holder
/// before all pairs were checked. A cluster that is not reached, or does not let us in, costs only its own pairs.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # Three primaries, in all six directions
  kubectl mesh-secret exchange --context east,west,north

  # East leads; west and north have no control plane of their own
  kubectl mesh-secret exchange --primary east --remote west,north

  # And drop the secrets of clusters that are not named any more
  kubectl mesh-secret exchange --context east,west --prune

  # The API servers' addresses as the other clusters' pods reach them
  kubectl mesh-secret exchange --context east,west \\
    --server east=https://10.1.0.10:6443 --server west=https://10.2.0.10:6443

Exit codes: 0 fine, 2 it could not be done, 3 done in part, 130 Ctrl-C.")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "it mirrors the flags one to one"
)]
pub(crate) struct ExchangeArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Contexts of clusters with a control plane: they hold secrets; may be repeated or a comma list
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',', conflicts_with_all = ["contexts", "all_contexts"])]
    pub primary: Vec<String>,
    /// Contexts of clusters without one: they are read, and hold none; may be repeated or a comma list
    #[arg(
        long,
        value_name = "CONTEXT",
        value_delimiter = ',',
        requires = "primary"
    )]
    pub remote: Vec<String>,
    /// Name of a cluster, as its istiod knows itself [default: read from its istiod]; may be repeated
    #[arg(long, value_name = "CONTEXT=NAME")]
    pub name: Vec<String>,
    /// Delete remote secrets that lead to none of the clusters named, after asking
    #[arg(long, conflicts_with = "all_contexts")]
    pub prune: bool,
    #[command(flatten)]
    pub confirm: ConfirmFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,

    /// URL of a cluster's API server as the others' istiods reach it [default: the context's]; may be repeated
    #[arg(long, value_name = "CONTEXT=URL", help_heading = "Server")]
    pub server: Vec<String>,
    /// Accept server addresses that only mean something on one machine, such as 127.0.0.1
    #[arg(long, help_heading = "Server")]
    pub allow_loopback: bool,
    /// Do not use each secret once before it is applied
    #[arg(long, help_heading = "Server")]
    pub no_verify: bool,
    /// Mint tokens that end after this time (at least 10m), one for each holder, that can be revoked alone
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Credential")]
    pub token_duration: Option<Duration>,

    #[command(flatten)]
    pub dry_run: DryRunFlags,
    /// Take over secrets that somebody else owns
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
