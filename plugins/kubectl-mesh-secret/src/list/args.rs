//! The arguments of `list`.

use clap::Args;
use mesh_common::terminal::fail_on::FailOn;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::OutputFlags;

/// Show which cluster holds a remote secret for which other cluster, with state, age and expiry
///
/// Reads the secrets of the clusters of --context and tests none of them, so the state of a good one is `not-probed`;
/// `inspect --probe` tests them. Secrets that istiod ignores, because of a missing label or their namespace, are shown
/// too. With several clusters, a pair without a secret is shown as missing: among the named clusters, and with
/// --all-contexts among those that secrets connect.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # Every cluster of the kubeconfig
  kubectl mesh-secret list --all-contexts

  # Two of them, for a script: which secrets have errors?
  kubectl mesh-secret list --context east,west -o json \\
    | jq -r '.items[] | select(any(.findings[]; .severity == \"error\")) | .name'

States: not-probed, warning, expiring, expired, refused, duplicate, self, wrong-cluster, wrong-name, bad-server, bad-ca,
no-label, wrong-namespace, missing.
Exit codes: 0 success, 1 findings at or above --fail-on, 2 error, 3 a cluster was skipped.")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Accept loopback addresses as servers, such as 127.0.0.1
    #[arg(long)]
    pub allow_loopback: bool,
    /// Exit with 1 if there are findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
