//! The snapshots of all clusters of a mesh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClusterSnapshot;
use super::asked::{Asked, KnownContext};
use super::credential_checks::CheckedCredential;
use crate::Error;
use crate::fleet::{EachOnce, Unreached, as_far_as_read, each_once, left_out};
use crate::meant_for::Member;
use crate::read::Read;
use crate::report::API_VERSION;

/// The kind of a [`MeshSnapshot`].
pub(super) const KIND: &str = "MeshSnapshot";

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
    /// The program that read the clusters, and its version; empty if they are for a report only.
    #[serde(default)]
    pub taken_by: String,
    /// The clusters and options that the user asked for.
    #[serde(default)]
    pub asked: Asked,
    /// The contexts that secrets are compared with.
    #[serde(default)]
    pub contexts: Vec<KnownContext>,
    /// The clusters that were read, each once, in the order of their contexts.
    pub clusters: Vec<ClusterSnapshot>,
    /// The further contexts of these clusters.
    #[serde(default)]
    pub duplicates: Vec<DuplicateContext>,
    /// The clusters that could not be read.
    #[serde(default)]
    pub unreached: Vec<Unreached>,
    /// The results of using the credentials of remote secrets.
    #[serde(default)]
    pub credential_checks: Read<Vec<CheckedCredential>>,
    /// The number of distinct credentials beyond the limit, which were not used.
    #[serde(default)]
    pub credentials_left_out: usize,
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
            asked: self.asked.clone(),
            ..Self::empty(self.taken_at)
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
            duplicates: duplicates.collect(),
            clusters: clusters.collect(),
            unreached: once.unreached,
            ..Self::empty(taken_at)
        }
    }

    fn empty(taken_at: Timestamp) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            taken_at,
            taken_by: String::new(),
            asked: Asked::default(),
            contexts: Vec::new(),
            clusters: Vec::new(),
            duplicates: Vec::new(),
            unreached: Vec::new(),
            credential_checks: Read::NotAsked,
            credentials_left_out: 0,
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
