//! The model of what `list` shows; JSON and YAML are it, and it only ever grows.

use mesh_common::model::finding::{CheckId, Finding};
use mesh_common::model::fleet::Unreached;
use mesh_common::model::secret::MatrixCell;
use serde::Serialize;

/// Who holds a secret for whom.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Matrix {
    api_version: &'static str,
    kind: &'static str,
    pub items: Vec<MatrixCell>,
    /// What could not be looked at in a cluster that was read otherwise.
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

impl Matrix {
    pub(super) fn new(
        items: Vec<MatrixCell>,
        skipped: Vec<Skipped>,
        unreached: Vec<Unreached>,
    ) -> Self {
        Self {
            api_version: "mesh.istio-multicluster.dev/v1alpha1",
            kind: "RemoteSecretMatrix",
            items,
            skipped,
            unreached,
        }
    }

    /// Every finding of every pair.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(|cell| &cell.findings)
    }
}
