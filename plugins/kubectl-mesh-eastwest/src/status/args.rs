//! The arguments of `status`.

use std::time::Duration;

use clap::Args;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags, duration};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::OutputFlags;

/// Show the east-west gateways of clusters: address, pods, and what answers at their ports, from here
///
/// A gateway is a Service or a Gateway of the Gateway API with the label topology.istio.io/network, and what looks like one
/// and lacks it is named. Its ports are asked who is there: nothing but a greeting is sent, no certificate and no
/// credential, and no proxy is used. At 15443 a workload behind the gateway answers, so a service with one is asked for.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # Two clusters beside each other
  kubectl mesh-eastwest status --context east,west

  # What the objects say, for a script, without dialling anything
  kubectl mesh-eastwest status --all-contexts --no-probes -o json

  # The address alone
  kubectl mesh-eastwest status \\
    -o jsonpath='{.items[0].gateways[0].addresses[0].value}'

Exit codes: 0 fine, 1 findings of severity error, 2 it could not be done, 3 some cluster was not reached.")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Read only: dial no gateway
    #[arg(long)]
    pub no_probes: bool,
    /// Bound on each answer of a gateway and on each look-up of a name
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub timeout: Duration,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
