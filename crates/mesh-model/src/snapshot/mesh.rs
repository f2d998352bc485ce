//! The snapshots of all clusters of a mesh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClusterSnapshot;
use crate::fleet::Unreached;

/// The clusters of a mesh as they were read at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeshSnapshot {
    /// The version of this format.
    pub api_version: String,
    /// `MeshSnapshot`.
    pub kind: String,
    /// The moment at which reading began.
    pub taken_at: Timestamp,
    /// The clusters that were read, in the order of their contexts.
    pub clusters: Vec<ClusterSnapshot>,
    /// The clusters that could not be read.
    #[serde(default)]
    pub unreached: Vec<Unreached>,
}

impl MeshSnapshot {
    /// Returns a snapshot in the format of this version.
    pub fn new(
        taken_at: Timestamp,
        clusters: Vec<ClusterSnapshot>,
        unreached: Vec<Unreached>,
    ) -> Self {
        Self {
            api_version: "mesh.istio-multicluster.dev/v1alpha1".to_owned(),
            kind: "MeshSnapshot".to_owned(),
            taken_at,
            clusters,
            unreached,
        }
    }
}
