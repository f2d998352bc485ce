//! The report of a verification. This is the model of its JSON and YAML: fields may be added, but not removed.

use jiff::Timestamp;
use serde::Serialize;

use super::counts::Counts;
use super::fold::RootCause;
use super::ignore::IgnoredFinding;
use super::pairs::Pair;
use crate::finding::{CheckId, Finding, Severity};
use crate::fleet::Unreached;
use crate::report::SkippedCheck;

/// The result of verifying a mesh.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeshVerification {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    /// The moment at which reading began.
    pub taken_at: Timestamp,
    /// The clusters, those that could not be read included, in the order of their contexts.
    pub clusters: Vec<VerifiedCluster>,
    /// The access of clusters to one another.
    pub pairs: Vec<Pair>,
    /// The findings, the worst first; each with the findings that it explains.
    pub findings: Vec<RootCauseReport>,
    /// The findings that an annotation says to ignore. What they would explain is among the findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<IgnoredFinding>,
    /// The checks that could not be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedCheck>,
    /// The checks that were made of the beginning of a list, with its length.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<SkippedCheck>,
    /// The clusters that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<Unreached>,
    /// The counts.
    pub counts: Counts,
    /// Patterns of `--only`, `--skip` and `--deny` that fitted nothing.
    #[serde(skip)]
    pub without_effect: Vec<String>,
    /// The names in annotations that are no check, in words.
    #[serde(skip)]
    pub unknown_ignores: Vec<String>,
}

/// A cluster of the report.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedCluster {
    /// Its context.
    pub context: String,
    /// The cluster ID of its istiod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The UID of its namespace kube-system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The versions of its istiods.
    pub istio: Vec<String>,
    /// The revision of istiod that it was narrowed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The addresses of its east-west gateways.
    pub gateways: Vec<String>,
    /// True if it could be read.
    pub reached: bool,
}

/// A finding with the findings that it explains.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RootCauseReport {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// The findings that it explains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<Follower>,
}

/// A finding that another one explains.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Follower {
    /// The check.
    pub id: CheckId,
    /// Its severity.
    pub severity: Severity,
    /// The context of the cluster that has the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The context of the other cluster that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The observed problem.
    pub message: String,
}

impl From<RootCause> for RootCauseReport {
    fn from(cause: RootCause) -> Self {
        let follows = cause.effects.into_iter().map(Follower::from);
        Self {
            finding: cause.finding,
            follows: follows.collect(),
        }
    }
}

impl From<Finding> for Follower {
    fn from(finding: Finding) -> Self {
        let place = finding.details();
        Self {
            id: finding.id,
            severity: finding.severity,
            cluster: place.and_then(|place| place.cluster.clone()),
            peer: place.and_then(|place| place.peer.clone()),
            message: finding.message,
        }
    }
}
