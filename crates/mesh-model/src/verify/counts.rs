//! The counts of a verification.

use serde::Serialize;

use super::fold::RootCause;
use crate::finding::Severity;

/// The counts of a verification. Findings that another one explains are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Errors.
    #[serde(rename = "error")]
    pub errors: usize,
    /// Warnings.
    #[serde(rename = "warning")]
    pub warnings: usize,
    /// Notes, which every healthy mesh may have.
    #[serde(rename = "info")]
    pub notes: usize,
    /// Checks without a finding, each counted for each cluster.
    pub passed: usize,
    /// Checks that could not be made, each counted for each cluster.
    pub skipped: usize,
    /// Findings that an annotation says to ignore; they are in no other count.
    #[serde(skip_serializing_if = "is_none")]
    pub ignored: usize,
}

impl Counts {
    /// Returns the counts of these findings.
    pub(super) fn of(causes: &[RootCause], passed: usize, skipped: usize) -> Self {
        let with = |severity| {
            let causes = causes.iter();
            causes
                .filter(|one| one.finding.severity == severity)
                .count()
        };
        Self {
            errors: with(Severity::Error),
            warnings: with(Severity::Warning),
            notes: with(Severity::Info),
            passed,
            skipped,
            ignored: 0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}
