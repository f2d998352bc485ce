//! The report of `list`. JSON and YAML are the model, which only grows.

use std::ops::Deref;

use mesh_common::model::finding::Finding;
use mesh_common::model::secret::SecretMatrix;
use serde::Serialize;

/// The secrets of all holders.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Matrix {
    pub report: SecretMatrix,
    /// The number of clusters that were read.
    #[serde(skip)]
    pub read: usize,
}

impl Matrix {
    /// Returns the findings of all pairs.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(|cell| &cell.findings)
    }
}

impl Deref for Matrix {
    type Target = SecretMatrix;

    fn deref(&self) -> &Self::Target {
        &self.report
    }
}
