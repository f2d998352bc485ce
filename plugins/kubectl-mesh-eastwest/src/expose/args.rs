//! The arguments of `expose`.

use clap::{Args, Subcommand};
use mesh_common::terminal::flags::NamespaceFlags;
use mesh_common::terminal::flags_server::ConnectServerFlags;

/// Print the objects that expose services or istiod through an east-west gateway
///
/// They are for kubectl apply -f -. Nothing is written, and no cluster is asked without --from-context.
#[derive(Debug, Clone, Args)]
#[command(
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  # What the other networks may reach
  kubectl mesh-eastwest expose services | kubectl --context west apply -f -

  # The control plane, for clusters that have none
  kubectl mesh-eastwest expose istiod | kubectl --context west apply -f -")]
pub(crate) struct ExposeArgs {
    #[command(subcommand)]
    pub what: Exposed,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Exposed {
    Services(Box<ServicesArgs>),
    Istiod(Box<IstiodArgs>),
}

/// Expose the services of a cluster to the other networks of its mesh
///
/// Needed in each cluster of a mesh with several networks. The gateway passes mutual TLS on to the workloads, so that
/// only members of the mesh come through.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # As Istio's guides do
  kubectl mesh-eastwest expose services | kubectl --context west apply -f -

  # Services in another domain, behind a gateway that Helm calls eastwest
  kubectl mesh-eastwest expose services --cluster-domain corp.example \\
    --selector istio=eastwest

  # With the labels, namespace and domain that the cluster has
  kubectl mesh-eastwest expose services --from-context west |
    kubectl --context west apply -f -")]
pub(crate) struct ServicesArgs {
    /// Port of the gateway's Service [default: 15443]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    #[command(flatten)]
    pub gateway: GatewayFlags,
}

/// Expose istiod to clusters that have none of their own
///
/// Needed in the cluster whose istiod manages them. TLS ends at istiod, which is known by its names inside the cluster;
/// with --https it ends at the gateway, which presents a certificate of its own.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # As Istio's guides do
  kubectl mesh-eastwest expose istiod | kubectl --context west apply -f -

  # One revision
  kubectl mesh-eastwest expose istiod --revision 1-31-0

  # By a host name and a certificate of the gateway's own
  kubectl mesh-eastwest expose istiod --https \\
    --host istiod.example.com --credential istiod-cert

  # Every revision that is there
  kubectl mesh-eastwest expose istiod --from-context west |
    kubectl --context west apply -f -")]
pub(crate) struct IstiodArgs {
    /// Revision of istiod, or several with commas between them [default: the one without a name]
    #[arg(long, value_name = "REVISION", value_delimiter = ',')]
    pub revision: Vec<String>,
    /// End TLS at the gateway, with --host and --credential
    #[arg(long)]
    pub https: bool,
    /// Name by which the other clusters reach the gateway, with --https
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Secret with the gateway's certificate, in its namespace, with --https
    #[arg(long, value_name = "NAME")]
    pub credential: Option<String>,
    #[command(flatten)]
    pub gateway: GatewayFlags,
}

/// The flags of both verbs about gateway and cluster.
#[derive(Debug, Clone, Args)]
pub(crate) struct GatewayFlags {
    /// Labels of the gateway's pods [default: istio=eastwestgateway]
    #[arg(long, short = 'l', value_name = "KEY=VALUE,…")]
    pub selector: Option<String>,
    /// Domain of the cluster's Services [default: cluster.local]
    #[arg(long, value_name = "DOMAIN")]
    pub cluster_domain: Option<String>,
    /// Derive what no flag says from the cluster of this kubeconfig context
    ///
    /// The labels are those by which the gateway's Service finds its pods; namespace, cluster domain and revisions are
    /// istiod's own. The flags about connecting need it.
    #[arg(long, value_name = "CONTEXT")]
    pub from_context: Option<String>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
