//! The arguments of `status`.

use std::time::Duration;

use clap::Args;
use mesh_common::terminal::flags::{AllContextFlags, NamespaceFlags, duration};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::output::OutputFlags;

/// Show the east-west gateways of clusters: address, pods, and what answers at their ports
///
/// A gateway is a Service or a Gateway of the Gateway API with the label topology.istio.io/network; a Service that looks
/// like an east-west gateway and lacks the label is reported. Each port is probed from this machine with a TLS or HTTP
/// request, without client certificate, credential or proxy. On port 15443 a workload behind the gateway answers, so the probe uses the
/// SNI of a service that has one.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # Compare two clusters
  kubectl mesh-eastwest status --context east,west

  # Without probes, for a script
  kubectl mesh-eastwest status --all-contexts --no-probes -o json

  # Only the address
  kubectl mesh-eastwest status \\
    -o jsonpath='{.items[0].gateways[0].addresses[0].value}'

The columns 15021 to 15017 are ports, with what the probe got there:
  ok       the expected answer; for 15021 that the proxy is ready
  -        not probed: no such port, no address, or --no-probes
  ?        not probed, for the reason below the table
  refused, noroute, timeout, silent, reset, alert
           no connection, or no TLS: refused, no route, no answer, closed
  plain    an answer without TLS
  web      a certificate that is not of the mesh, such as a load balancer's
  own-tls  the gateway terminates TLS itself
  no-mtls  TLS that does not request a client certificate
  root     a certificate of another root CA than the other clusters have
  other    a certificate that is not istiod's
  503      any other HTTP status of the proxy

Exit codes: 0 success, 1 findings of severity error, 2 error, 3 a cluster was skipped.")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub contexts: AllContextFlags,
    /// Do not connect to the gateways
    #[arg(long)]
    pub no_probes: bool,
    /// Timeout of each probe and of each DNS lookup
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub timeout: Duration,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
