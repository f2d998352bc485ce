//! What a gateway is to be.

use crate::mesh::names::{EAST_WEST_GATEWAY, ISTIO_SYSTEM};
use crate::mesh::network::NetworkName;

/// An east-west gateway as somebody wants it, whatever it is installed with.
#[derive(Debug, Clone)]
pub struct EastWestGateway {
    /// Name of its Service, Deployment and account.
    pub name: String,
    /// Where it runs.
    pub namespace: String,
    /// The network that it leads into; `None` for a mesh of one cluster.
    pub network: Option<NetworkName>,
    /// The revision of the control plane that configures it; `None` is the default one.
    pub revision: Option<String>,
}

impl Default for EastWestGateway {
    fn default() -> Self {
        Self {
            name: EAST_WEST_GATEWAY.to_owned(),
            namespace: ISTIO_SYSTEM.to_owned(),
            network: None,
            revision: None,
        }
    }
}
