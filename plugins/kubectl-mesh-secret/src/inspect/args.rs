//! The arguments of `inspect`.

use clap::Args;
use mesh_common::terminal::fail_on::FailOn;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::Format;

/// Show the contents of remote secrets, what istiod would reject, and with --probe whether they work
///
/// Reads the secrets that a cluster holds (--context), or manifests from a file or a pipe (-f), which needs no cluster.
/// Tokens and keys are never shown, unless --reveal asks for them.
#[derive(Clone, Args)]
#[command(mut_arg("contexts", |flag| flag.help(
    "Context of the cluster that holds the secrets; may be repeated or a comma list [default: the current context]"
)))]
#[command(after_help = "\
Examples:
  # Every remote secret that east holds, and whether it works
  kubectl mesh-secret inspect --context east --probe

  # One of them, by the name of its remote cluster
  kubectl mesh-secret inspect west --context east

  # A manifest, before it is applied
  kubectl mesh-secret create --context west --name west \\
    | kubectl mesh-secret inspect -f -

  # When do the tokens expire?
  kubectl mesh-secret inspect --context east \\
    -o jsonpath='{.items[*].clusters[*].access.token.expiresAt}'

Exit codes: 0 success, 1 findings at or above --fail-on, 2 error, 3 a cluster was skipped.")]
pub(crate) struct InspectArgs {
    /// Names of remote clusters or of Secrets [default: all remote secrets]
    #[arg(value_name = "SECRET")]
    pub names: Vec<String>,
    /// Read manifests from this file, or '-' for standard input, instead of a cluster; may be repeated or a comma list
    #[arg(long, short = 'f', value_name = "FILE", conflicts_with_all = ["contexts", "all_contexts"])]
    pub filename: Vec<String>,
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Test each credential: connection, certificate, cluster identity and permissions
    #[arg(long)]
    pub probe: bool,
    /// With --probe: the context of the remote cluster [default: found by the server's address and the data key]
    #[arg(
        long,
        value_name = "CONTEXT",
        requires = "probe",
        alias = "source-context"
    )]
    pub remote_context: Option<String>,
    /// Accept loopback addresses as servers, such as 127.0.0.1
    #[arg(long)]
    pub allow_loopback: bool,
    /// Show tokens and keys unmasked
    #[arg(long)]
    pub reveal: bool,
    /// Exit with 1 if there are findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Format: table, wide, json, yaml, name or jsonpath=TEMPLATE
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
