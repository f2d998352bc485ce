//! The arguments of `wait`, and the flag by which other verbs wait.

use std::time::Duration;

use clap::Args;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags, duration};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::OutputFlags;

/// Wait until the east-west gateways of clusters have addresses
///
/// A gateway has an address when its load balancer assigned one (an IP or a name that resolves from here), when its
/// Service has externalIPs, or when it is a NodePort whose annotation traffic.istio.io/nodeSelector names nodes with an
/// address of type ExternalIP. Waits for all gateways of a cluster, and for at least one. The ports are probed once, at
/// the end.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # After the gateways were installed
  kubectl mesh-eastwest wait --context east,west

  # With a load balancer that takes long
  kubectl mesh-eastwest wait --timeout 15m

  # Print the address when there is one
  kubectl mesh-eastwest wait \\
    -o jsonpath='{.items[0].gateways[0].addresses[0].value}'

Exit codes: 0 success, 2 error, 3 a cluster was skipped, 4 timed out, 130 Ctrl-C.")]
#[expect(
    clippy::doc_markdown,
    reason = "the documentation of a verb is its help"
)]
pub(crate) struct WaitArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Wait only for the gateway of this name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Time limit of the wait; 0 checks once
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub timeout: Duration,
    /// Do not probe the ports of the gateways
    #[arg(long)]
    pub no_probes: bool,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

/// `--wait`, for verbs that do something first.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitFlag {
    /// Wait until the gateway has an address, 5m unless a DURATION is given
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "5m",
        value_parser = duration
    )]
    pub wait: Option<Duration>,
}
