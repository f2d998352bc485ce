//! The arguments of `generate`.

use clap::{Args, ValueEnum};
use mesh_common::model::gateway::Form;

use super::GatewayFlags;

/// Print an east-west gateway, for kubectl, istioctl, Helm or istiod itself
///
/// Nothing is read from a cluster and nothing is written. The flags of Istio's gen-eastwest-gateway.sh mean the same
/// here, and --format iop prints what that script prints.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # Objects for kubectl, as Helm's chart renders them
  kubectl mesh-eastwest generate --network network1 | kubectl apply -f -

  # In place of gen-eastwest-gateway.sh
  kubectl mesh-eastwest generate --network network1 --format iop |
    istioctl install -y -f -

  # Values for Helm
  kubectl mesh-eastwest generate --network network1 --format helm |
    helm install istio-eastwestgateway istio/gateway -n istio-system -f -

  # Ambient mode
  kubectl mesh-eastwest generate --network network1 --ambient |
    kubectl apply -f -

  # An internal load balancer of AWS, on port 443
  kubectl mesh-eastwest generate --network network1 \\
    --ports status-port,tls=443 \\
    --annotation service.beta.kubernetes.io/aws-load-balancer-scheme=internal")]
pub(crate) struct GenerateArgs {
    /// Format of the output [default: manifest, and gateway-api with --ambient]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    #[command(flatten)]
    pub gateway: GatewayFlags,
    /// Domain of the cluster's Services, with --format gateway-api [default: cluster.local]
    #[arg(long, value_name = "DOMAIN")]
    pub cluster_domain: Option<String>,
    /// Accepted for compatibility with gen-eastwest-gateway.sh; ignored
    #[arg(long, value_name = "MESH", hide_short_help = true)]
    pub mesh: Option<String>,
    /// Accepted for compatibility with gen-eastwest-gateway.sh; ignored
    #[arg(long, value_name = "CLUSTER", hide_short_help = true)]
    pub cluster: Option<String>,
}

/// The form in which a gateway is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Objects for kubectl apply -f -
    Manifest,
    /// An IstioOperator for istioctl install -f -
    Iop,
    /// Values of the chart istio/gateway for helm install -f -
    Helm,
    /// A Gateway of the Gateway API, for which istiod creates Deployment and Service
    GatewayApi,
}

impl Format {
    /// Returns the form of a gateway in sidecar mode.
    pub(super) fn form(self) -> Form {
        match self {
            Self::Manifest => Form::Manifest,
            Self::Iop => Form::Iop,
            Self::Helm => Form::Helm,
            Self::GatewayApi => Form::GatewayApi,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Iop => "iop",
            Self::Helm => "helm",
            Self::GatewayApi => "gateway-api",
        }
    }
}
