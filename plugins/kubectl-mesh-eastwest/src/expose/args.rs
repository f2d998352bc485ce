//! The arguments of `expose`.

use clap::{Args, Subcommand};
use mesh_common::terminal::flags::NamespaceFlags;
use mesh_common::terminal::flags_server::ConnectServerFlags;

/// Print the objects that expose services or istiod through an east-west gateway
///
/// Pipe them into kubectl apply -f -. Nothing is written, and no cluster is read without --from-context.
#[derive(Debug, Clone, Args)]
#[command(
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  # Services of the cluster, to the other networks
  kubectl mesh-eastwest expose services | kubectl --context west apply -f -

  # istiod, to clusters without a control plane
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
/// Needed in each cluster of a mesh with several networks. The gateway forwards mutual TLS to the workloads, which accept
/// only clients of the mesh.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # As in Istio's guides
  kubectl mesh-eastwest expose services | kubectl --context west apply -f -

  # Another cluster domain, and a gateway with other labels
  kubectl mesh-eastwest expose services --cluster-domain corp.example \\
    --selector istio=eastwest

  # With labels, namespace and domain read from the cluster
  kubectl mesh-eastwest expose services --from-context west |
    kubectl --context west apply -f -")]
pub(crate) struct ServicesArgs {
    /// Port of the gateway's Service [default: 15443]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    #[command(flatten)]
    pub gateway: GatewayFlags,
}

/// Expose istiod to clusters without a control plane
///
/// Needed in the cluster whose istiod manages them. TLS is terminated by istiod, with a certificate for its cluster-internal
/// names; with --https it is terminated by the gateway, with a certificate of its own.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # As in Istio's guides
  kubectl mesh-eastwest expose istiod | kubectl --context west apply -f -

  # One revision
  kubectl mesh-eastwest expose istiod --revision 1-31-0

  # With a host name and a certificate of the gateway
  kubectl mesh-eastwest expose istiod --https \\
    --host istiod.example.com --credential istiod-cert

  # Every revision in the cluster
  kubectl mesh-eastwest expose istiod --from-context west |
    kubectl --context west apply -f -")]
pub(crate) struct IstiodArgs {
    /// Revision of istiod, or several with commas between them [default: the default revision]
    #[arg(long, value_name = "REVISION", value_delimiter = ',')]
    pub revision: Vec<String>,
    /// Terminate TLS at the gateway; needs --host and --credential
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

/// The flags of both verbs for gateway and cluster.
#[derive(Debug, Clone, Args)]
pub(crate) struct GatewayFlags {
    /// Labels of the gateway's pods [default: istio=eastwestgateway]
    #[arg(long, short = 'l', value_name = "KEY=VALUE,…")]
    pub selector: Option<String>,
    /// Domain of the cluster's Services [default: cluster.local]
    #[arg(long, value_name = "DOMAIN")]
    pub cluster_domain: Option<String>,
    /// Read from the cluster of this kubeconfig context what no flag sets
    ///
    /// The labels come from the selector of the gateway's Service; namespace, cluster domain and revisions from istiod. The
    /// connection flags need it.
    #[arg(long, value_name = "CONTEXT")]
    pub from_context: Option<String>,
    #[command(flatten)]
    pub namespace: NamespaceFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}
