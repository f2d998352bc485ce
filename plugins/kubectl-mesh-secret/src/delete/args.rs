//! The arguments of `delete`.

use clap::{Args, ValueEnum};
use mesh_common::model::names::READER_ACCOUNT;
use mesh_common::terminal::flags::{AllContextFlags, DryRunFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::prompt::ConfirmFlags;

/// Delete the secrets by which a cluster reads others, even where those are gone
///
/// Deletes in the clusters that hold the secrets (--context). The name of a cluster stands for every remote secret that
/// leads to it and to nothing else; what leads to other clusters too, or to an external istiod's config cluster, goes by
/// the name of its Secret only. Lists what goes and asks before it deletes.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # East is not to read west any more
  kubectl mesh-secret delete west --context east

  # And nobody is to read west by that token any more
  kubectl mesh-secret delete west --context east --revoke

  # West is gone: drop its secrets everywhere, without a question
  kubectl mesh-secret delete west --all-contexts --yes

Exit codes: 0 fine, 2 it could not be done, 3 some cluster was not reached, 130 Ctrl-C.")]
pub(crate) struct DeleteArgs {
    /// Names of clusters that the secrets lead to, or of the Secrets themselves
    #[arg(value_name = "SECRET", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// End the secrets' tokens too, where they live; refused while any other secret holds one of them
    ///
    /// Every context of the kubeconfig is looked at, and each has to be readable. Comes after all secrets are gone. An API
    /// server may accept a token for some ten seconds after it ended.
    #[arg(long)]
    pub revoke: bool,
    /// With --revoke: the context of the remote cluster [default: the one that accepts the token, if it goes by the secret's name]
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
    /// Count a name that no secret goes by as done
    #[arg(long)]
    pub ignore_not_found: bool,
    #[command(flatten)]
    pub confirm: ConfirmFlags,
    /// Print the names of what was deleted only
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
