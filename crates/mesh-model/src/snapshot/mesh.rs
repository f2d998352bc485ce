//! The snapshots of all clusters of a mesh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClusterSnapshot;
use crate::Error;
use crate::fleet::{EachOnce, Unreached, as_far_as_read, each_once, left_out};
use crate::meant_for::Member;
use crate::report::API_VERSION;

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
    /// The clusters that were read, each once, in the order of their contexts.
    pub clusters: Vec<ClusterSnapshot>,
    /// The further contexts of these clusters.
    #[serde(default)]
    pub duplicates: Vec<DuplicateContext>,
    /// The clusters that could not be read.
    #[serde(default)]
    pub unreached: Vec<Unreached>,
}

/// A context of a cluster that was read through another context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateContext {
    /// The cluster as this context gives access to it.
    pub cluster: Member,
    /// The context that its snapshot was read through.
    pub read_through: String,
}

impl MeshSnapshot {
    /// Returns the snapshot of these clusters in the format of this version. A cluster that several contexts select is in it once.
    ///
    /// # Errors
    /// All errors, joined, if no cluster could be read.
    pub fn join(
        taken_at: Timestamp,
        readings: Vec<(String, Result<ClusterSnapshot, Error>)>,
    ) -> Result<Self, Error> {
        let once = each_once(readings, ClusterSnapshot::uid)?;
        Ok(Self::of(taken_at, once))
    }

    /// Returns the snapshot of these clusters as far as they could be read, and the errors of the others.
    pub fn as_far_as_read(
        taken_at: Timestamp,
        readings: Vec<(String, Result<ClusterSnapshot, Error>)>,
    ) -> (Self, Vec<Error>) {
        let (once, lost) = as_far_as_read(readings, ClusterSnapshot::uid);
        (Self::of(taken_at, once), lost)
    }

    /// Returns the snapshot of some of its clusters, without the others.
    #[must_use]
    pub(crate) fn only(&self, clusters: Vec<ClusterSnapshot>) -> Self {
        Self {
            clusters,
            duplicates: Vec::new(),
            unreached: Vec::new(),
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            taken_at: self.taken_at,
        }
    }

    fn of(taken_at: Timestamp, once: EachOnce<ClusterSnapshot>) -> Self {
        let clusters = once.read.into_iter().map(|(_, cluster)| cluster);
        let duplicates = once.doubles.into_iter();
        let duplicates = duplicates.map(|(cluster, read_through)| DuplicateContext {
            cluster: cluster.member(),
            read_through,
        });
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "MeshSnapshot".to_owned(),
            taken_at,
            duplicates: duplicates.collect(),
            clusters: clusters.collect(),
            unreached: once.unreached,
        }
    }

    /// Returns a note about each further context.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.duplicates.iter();
        notes
            .map(|one| left_out(&one.cluster.context, &one.read_through))
            .collect()
    }

    /// Returns the cluster behind each context that could be read.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        let clusters = self.clusters.iter().map(ClusterSnapshot::member);
        clusters.chain(self.duplicates.iter().map(|one| one.cluster.clone()))
    }
}
