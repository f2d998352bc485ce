//! The report of `list`. JSON and YAML are this model, which only grows.

use std::ops::Deref;

use mesh_common::model::finding::Finding;
use mesh_common::model::fleet::Unreached;
use mesh_common::model::report::{Envelope, SkippedCheck};
use mesh_common::model::secret::MatrixCell;
use serde::Serialize;

/// The secrets of all holders.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Matrix(Envelope<MatrixCell>);

impl Matrix {
    pub(super) fn new(
        items: Vec<MatrixCell>,
        skipped: Vec<SkippedCheck>,
        unreached: Vec<Unreached>,
    ) -> Self {
        Self(Envelope::new("RemoteSecretMatrix", items, unreached).with_skipped(skipped))
    }

    /// Returns the findings of all pairs.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(|cell| &cell.findings)
    }
}

impl Deref for Matrix {
    type Target = Envelope<MatrixCell>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
