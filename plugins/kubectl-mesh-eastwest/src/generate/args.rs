//! The arguments of `generate`.

use clap::Args;

/// Print an east-west gateway, for kubectl, istioctl or Helm
#[derive(Debug, Clone, Args)]
pub(crate) struct GenerateArgs {
    /// The network that the gateway leads into
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<String>,
    /// For ambient mode: a Gateway that istiod itself runs
    #[arg(long)]
    pub ambient: bool,
}
