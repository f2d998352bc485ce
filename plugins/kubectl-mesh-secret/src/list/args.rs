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
#[command(mut_arg("contexts", |flag| flag.help(
    "Context of the cluster that holds the secrets; may be repeated or a comma list [default: the current context]"
)))]
#[command(after_help = "\
Examples:
  # Every cluster of the kubeconfig
  kubectl mesh-secret list --all-contexts

  # Two of them, for a script: which secrets have errors?
  kubectl mesh-secret list --context east,west -o json \\
    | jq -r '.items[] | select(any(.findings[]; .severity == \"error\")) | .name'

States, by the worst finding of a secret; inspect shows all of them:
  not-probed       no problem seen; the secret was not tested
  warning          a warning that has no state of its own
  expiring         the token or client certificate expires soon
  expired          the token or client certificate has expired
  refused          istiod rejects the kubeconfig
  duplicate        another secret is for the same cluster
  self             it gives access to the cluster that holds it
  wrong-cluster    it gives access to another cluster than its name says
  wrong-name       its data key is not the cluster ID of the remote istiod
  bad-server       other clusters cannot reach the server address
  bad-ca           the CA has expired, or the server has another one
  no-label         istiod ignores it: label istio/multiCluster=true is missing
  wrong-namespace  istiod does not read remote secrets in its namespace
  missing          there is no secret for this cluster

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
