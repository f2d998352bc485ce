//! The arguments of `delete`.

use clap::{Args, ValueEnum};
use mesh_common::model::names::READER_ACCOUNT;
use mesh_common::terminal::flags::{AllContextFlags, DryRunFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::prompt::ConfirmFlags;

/// Delete remote secrets, also those for a cluster that no longer exists
///
/// Deletes in the clusters that hold the secrets (--context). A cluster name matches every remote secret that contains
/// only that cluster. Secrets with several clusters, and those for the config cluster of an external istiod, are
/// matched by Secret name only. Lists the secrets and asks before it deletes.
#[derive(Clone, Args)]
#[command(mut_arg("contexts", |flag| flag.help(
    "Context of the cluster that holds the secrets; may be repeated or a comma list [default: the current context]"
)))]
#[command(after_help = "\
Examples:
  # Remove east's access to west
  kubectl mesh-secret delete west --context east

  # And revoke the token
  kubectl mesh-secret delete west --context east --revoke

  # West no longer exists: delete its secrets everywhere without asking
  kubectl mesh-secret delete west --all-contexts --yes

Exit codes: 0 success, 2 error, 3 a cluster was skipped, 130 Ctrl-C.")]
pub(crate) struct DeleteArgs {
    /// Names of remote clusters or of Secrets
    #[arg(value_name = "SECRET", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Revoke the tokens in the secrets as well; refused while another secret holds one of them
    ///
    /// All contexts of the kubeconfig are read, and each has to be readable. Tokens are revoked after all secrets are
    /// deleted. An API server may accept a token for about ten seconds after it was revoked.
    #[arg(long)]
    pub revoke: bool,
    /// With --revoke: the context of the remote cluster [default: the one that accepts the token and has the name in the secret]
    #[arg(
        long,
        value_name = "CONTEXT",
        requires = "revoke",
        alias = "source-context"
    )]
    pub remote_context: Option<String>,
    /// With --revoke: the service account, NAME or NAMESPACE/NAME, whose tokens may be revoked
    #[arg(long, value_name = "ACCOUNT", default_value = READER_ACCOUNT, requires = "revoke")]
    pub service_account: String,
    /// Treat a name that matches no secret as deleted
    #[arg(long)]
    pub ignore_not_found: bool,
    #[command(flatten)]
    pub confirm: ConfirmFlags,
    /// Print only the names of deleted secrets
    #[arg(long, short, value_name = "FORMAT")]
    pub output: Option<OutputArg>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub dry_run: DryRunFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

/// kubectl's one format for what was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputArg {
    Name,
}
