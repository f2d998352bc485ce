//! The arguments of `list`.

use clap::Args;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::OutputFlags;

use crate::inspect::FailOn;

/// Show who holds a secret for whom, its state, its age and when it ends
///
/// Reads the secrets that clusters hold (--context) and uses none of them, so that whether one works is
/// `not-probed`; `inspect --probe` tells. A secret that Istio
/// does not look at, for want of the label or for its namespace, is shown too. With several clusters, a pair without a
/// secret is shown as missing: among those that are named, and with --all-contexts among those that secrets connect.
#[derive(Clone, Args)]
#[command(after_help = "\
Examples:
  # Every cluster of the kubeconfig
  kubectl mesh-secret list --all-contexts

  # Two of them, for a script: in which secrets is something wrong?
  kubectl mesh-secret list --context east,west -o json \\
    | jq -r '.items[] | select(any(.findings[]; .severity == \"error\")) | .name'

States: not-probed, warning, expiring, expired, refused, duplicate, self, wrong-cluster, wrong-name, bad-server, bad-ca,
no-label, wrong-namespace, missing.
Exit codes: 0 fine, 1 findings at or above --fail-on, 2 it could not be done, 3 some cluster was not reached.")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Accept server addresses that only mean something on one machine, such as 127.0.0.1
    #[arg(long)]
    pub allow_loopback: bool,
    /// Exit with 1 from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
