//! The model of what `inspect` shows; JSON and YAML are it, and it only ever grows.

use mesh_common::model::finding::{CheckId, Finding};
use mesh_common::model::fleet::Unreached;
use mesh_common::model::secret::SecretReport;
use serde::Serialize;

/// All secrets that were looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inspection {
    api_version: &'static str,
    kind: &'static str,
    pub items: Vec<SecretReport>,
    /// Checks that could not be made in a cluster that was read otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Clusters that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<Unreached>,
}

/// A check that could not be made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Skipped {
    pub context: String,
    pub check: CheckId,
    pub reason: String,
}

impl Inspection {
    pub(super) fn new(
        items: Vec<SecretReport>,
        skipped: Vec<Skipped>,
        unreached: Vec<Unreached>,
    ) -> Self {
        Self {
            api_version: "mesh.istio-multicluster.dev/v1alpha1",
            kind: "RemoteSecretInspection",
            items,
            skipped,
            unreached,
        }
    }

    /// Every finding, of secrets and clusters.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(SecretReport::all_findings)
    }
}
