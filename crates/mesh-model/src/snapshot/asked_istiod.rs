//! One istiod that was asked for its debug pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::istiod_pages::{KnownCluster, KnownGateway};
use crate::proxy_sync::KnownProxy;
use crate::read::Read;

/// One istiod pod, and what its debug pages say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AskedIstiod {
    /// The name of the pod.
    pub pod: String,
    /// The start time of its containers.
    pub started_at: Option<Timestamp>,
    /// The clusters that it knows: the page `/debug/clusterz`.
    pub clusters: Read<Vec<KnownCluster>>,
    /// The gateways that it sends its proxies to: the page `/debug/networkz`.
    pub gateways: Read<Vec<KnownGateway>>,
    /// The proxies of gateways that are connected to it: the page `/debug/syncz`.
    pub proxies: Read<Vec<KnownProxy>>,
}

impl AskedIstiod {
    /// Returns the ID that it has for its own cluster.
    pub fn own_id(&self) -> Option<&str> {
        let own = self.clusters.items().iter().find(|known| known.is_own());
        own.map(|known| known.id.as_str())
    }

    /// Returns whether it has its clusters from files, and so looks at no Secret.
    pub fn reads_files(&self) -> bool {
        let mut clusters = self.clusters.items().iter();
        clusters.any(KnownCluster::is_of_file)
    }
}
