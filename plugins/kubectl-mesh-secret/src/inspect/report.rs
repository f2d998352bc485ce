//! The report of `inspect`. JSON and YAML are this model, which only grows.

use std::ops::Deref;

use mesh_common::model::finding::Finding;
use mesh_common::model::fleet::Unreached;
use mesh_common::model::report::{Envelope, SkippedCheck};
use mesh_common::model::secret::SecretReport;
use serde::Serialize;

/// The secrets that were looked at.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Inspection {
    report: Envelope<SecretReport>,
    /// The number of clusters that were read; `None` for manifests.
    #[serde(skip)]
    pub read: Option<usize>,
}

impl Inspection {
    pub(super) fn new(
        items: Vec<SecretReport>,
        skipped: Vec<SkippedCheck>,
        unreached: Vec<Unreached>,
        read: Option<usize>,
    ) -> Self {
        Self {
            report: Envelope::new("RemoteSecretInspection", items, unreached).with_skipped(skipped),
            read,
        }
    }

    /// Returns the findings of all secrets and of their keys.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(SecretReport::all_findings)
    }
}

impl Deref for Inspection {
    type Target = Envelope<SecretReport>;

    fn deref(&self) -> &Self::Target {
        &self.report
    }
}
