//! The arguments of `rotate`.

use std::time::Duration;

use clap::Args;
use mesh_common::model::names::READER_ACCOUNT;
use mesh_common::terminal::flags::{ConnectFlags, DryRunFlags, NamespaceFlags, duration};
use mesh_common::terminal::flags_server::NoEntryFlags;

/// Replace the tokens in remote secrets, and revoke the old ones once no istiod uses them
///
/// By default all holders of secrets for one cluster share one token. So a new token is written to every holder first,
/// every istiod there has to pick it up, and only then is the old token revoked. If a holder is skipped, unreachable or
/// unreadable, nothing is revoked (exit code 3), and running the same command again completes the rotation. Only the
/// token changes in the kubeconfig of a secret.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # A new token for all holders of secrets for west
  kubectl mesh-secret rotate west

  # All tokens that expire within a day, for a cron job
  kubectl mesh-secret rotate --all --expiring-within 24h

  # Only these two clusters hold secrets; do not read other contexts
  kubectl mesh-secret rotate west --context east,north --no-other-holders

Exit codes: 0 success or nothing to rotate, 2 error, 3 the old token was not revoked, 4 timed out, 130 Ctrl-C.")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "it mirrors the flags one to one"
)]
pub(crate) struct RotateArgs {
    /// Names of remote clusters or of Secrets
    #[arg(value_name = "SECRET", required_unless_present = "all")]
    pub names: Vec<String>,
    /// Rotate the tokens of all remote secrets
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Contexts of the holders; may be repeated or a comma list [default: every context of the kubeconfig]
    ///
    /// With the name of a cluster or Secret, these holders get the new token even if the remote cluster has no record of
    /// them. With --all, only recorded holders get it.
    #[arg(long = "context", value_name = "CONTEXT")]
    pub contexts: Vec<String>,
    /// Context of the remote cluster [default: the context with the server in the secret, if it accepts the token]
    #[arg(long, value_name = "CONTEXT", alias = "source-context")]
    pub remote_context: Option<String>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,

    /// Only tokens that are older than this
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Selection")]
    pub older_than: Option<Duration>,
    /// Only tokens that expire within this time or have expired
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Selection")]
    pub expiring_within: Option<Duration>,

    /// Lifetime of new tokens that replace expiring ones [default: that of the old token]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Credential")]
    pub token_duration: Option<Duration>,
    /// The service account, NAME or NAMESPACE/NAME, whose tokens are rotated; other tokens stay unchanged
    #[arg(long, value_name = "ACCOUNT", default_value = READER_ACCOUNT, help_heading = "Credential")]
    pub service_account: String,
    /// Do not test the new token before it is written to the holders
    #[arg(long, help_heading = "Credential")]
    pub no_verify: bool,

    /// Revoke the old token although other clusters are not read; a cluster outside of --context that uses it loses access
    #[arg(long, requires = "contexts", help_heading = "Revocation")]
    pub no_other_holders: bool,
    /// Revoke even if some istiod could not be checked; an istiod that answers and still uses the old token prevents it
    #[arg(long, help_heading = "Revocation")]
    pub revoke_unseen: bool,
    /// Time limit for every istiod to pick up the new token
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration, help_heading = "Revocation")]
    pub wait: Duration,

    #[command(flatten)]
    pub dry_run: DryRunFlags,
    /// Force the changes against conflicts with other field managers, such as Argo CD
    #[arg(long)]
    pub force_conflicts: bool,
    #[command(flatten)]
    pub connect: ConnectFlags,
    #[command(flatten)]
    pub entry: NoEntryFlags,
}
