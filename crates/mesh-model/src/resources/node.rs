//! Nodes.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/>.

use k8s_openapi::api::core::v1::NodeAddress;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

/// A node: its labels and its addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The addresses.
    #[serde(default)]
    pub status: NodeAddresses,
}

/// The addresses of a [`Node`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeAddresses {
    /// Each with its type: `InternalIP`, `ExternalIP`, `Hostname` and others.
    pub addresses: Vec<NodeAddress>,
}

impl Node {
    /// Returns the addresses of these types, in the node's order.
    pub fn addresses_of<'a>(&'a self, types: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let addresses = self.status.addresses.iter();
        let wanted = addresses.filter(|address| types.contains(&address.type_.as_str()));
        wanted.map(|address| address.address.as_str())
    }
}

kind!(Node is "Node" in "", "v1", "v1", "nodes", ClusterResourceScope);
