//! The arguments of `rotate`.

use std::time::Duration;

use clap::Args;
use mesh_common::model::names::READER_ACCOUNT;
use mesh_common::terminal::flags::{ConnectFlags, DryRunFlags, NamespaceFlags, duration};
use mesh_common::terminal::flags_server::NoEntryFlags;

/// Replace the tokens in remote secrets, and revoke the old ones once no istiod uses them
///
/// Secrets that are made the usual way share one token among all holders of a cluster. So a new token is written to every
/// holder first, each istiod there is seen to take it, and only then is the old one revoked. Where a holder is left out,
/// cannot be reached or cannot be read, nothing is revoked (exit 3): the same command run again completes it. Of each
/// kubeconfig in a secret only the token changes.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # A new token for all that read west
  kubectl mesh-secret rotate west

  # Every token that ends within a day, for a cron job
  kubectl mesh-secret rotate --all --expiring-within 24h

  # Only these two clusters hold secrets; other contexts are not looked at
  kubectl mesh-secret rotate west --context east,north --no-other-holders

Exit codes: 0 done, or none is due; 2 it could not be done, 3 the old token was not revoked, 4 an istiod did not take the
new token in time, 130 Ctrl-C.")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "it mirrors the flags one to one"
)]
pub(crate) struct RotateArgs {
    /// Names of Secrets, or of the clusters that they lead to
    #[arg(value_name = "SECRET", required_unless_present = "all")]
    pub names: Vec<String>,
    /// Rotate every token that the holders have
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Contexts of the holders; may be repeated or a comma list [default: every context of the kubeconfig]
    ///
    /// With the name of a cluster or Secret these are to have the new token, whether or not the remote cluster records them as
    /// holders. With --all only those get it that are recorded.
    #[arg(long = "context", value_name = "CONTEXT")]
    pub contexts: Vec<String>,
    /// Context of the remote cluster [default: found by the server in the secret; it has to accept the token]
    #[arg(long, value_name = "CONTEXT", alias = "source-context")]
    pub remote_context: Option<String>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,

    /// Only tokens that are older than this
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Which are due")]
    pub older_than: Option<Duration>,
    /// Only tokens that end within this time, or have ended
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Which are due")]
    pub expiring_within: Option<Duration>,

    /// Life of new tokens in place of ones that end [default: as long as the old one's]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Credential")]
    pub token_duration: Option<Duration>,
    /// The service account, NAME or NAMESPACE/NAME, whose tokens are replaced; those of others stay as they are
    #[arg(long, value_name = "ACCOUNT", default_value = READER_ACCOUNT, help_heading = "Credential")]
    pub service_account: String,
    /// Do not use the new token once before it is written to the holders
    #[arg(long, help_heading = "Credential")]
    pub no_verify: bool,

    /// Revoke although contexts of the kubeconfig other than those of --context are not looked at
    #[arg(long, requires = "contexts", help_heading = "Revoking")]
    pub no_other_holders: bool,
    /// Revoke although some istiod cannot be asked whether it has taken the new token
    #[arg(long, help_heading = "Revoking")]
    pub revoke_unseen: bool,
    /// How long istiods may take to take the new token
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration, help_heading = "Revoking")]
    pub wait: Duration,

    #[command(flatten)]
    pub dry_run: DryRunFlags,
    /// Take over secrets that somebody else owns
    #[arg(long)]
    pub force_conflicts: bool,
    #[command(flatten)]
    pub connect: ConnectFlags,
    #[command(flatten)]
    pub entry: NoEntryFlags,
}
