//! The model of what can be told of a secret; JSON and YAML are it, and it only ever grows.

use jiff::Timestamp;
use mesh_common::model::access_facts::AccessFacts;
use mesh_common::model::finding::Finding;
use serde::Serialize;

/// One Secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretReport {
    /// The holder's context; absent for a file or a pipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Seconds since it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// What each data key leads to.
    pub clusters: Vec<ClusterReport>,
    /// What is to be said of the Secret as a whole.
    pub findings: Vec<Finding>,
}

/// One data key of a Secret: a cluster, to istiod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterReport {
    /// The data key.
    pub name: String,
    /// What the kubeconfig says; absent where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessFacts>,
    /// Whether istiod takes the kubeconfig.
    pub accepted: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// What using it showed; absent without `--probe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeReport>,
    /// The kubeconfig in clear, with `--reveal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    pub findings: Vec<Finding>,
}

/// What using a credential showed.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProbeReport {
    /// Whether a connection came about, TLS included.
    pub connected: Outcome,
    /// Whether the token was accepted.
    pub authenticated: Outcome,
    /// Whether it is the cluster that it should be.
    pub right_cluster: Outcome,
    /// Whether the cluster's own istiod goes by this name, where that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right_name: Option<Outcome>,
    /// Whether it may read all that istiod needs.
    pub may_read: Outcome,
    /// Whether it may do no more than the reader role of Istio's chart.
    pub no_more_than_needed: Outcome,
    /// Whom the API server takes it for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// UID of the cluster that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_uid: Option<String>,
    /// Rights that istiod needs and that are missing, such as `list pods`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_rights: Vec<String>,
    /// Rights beyond the reader role of Istio's chart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excess_rights: Vec<String>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub(crate) enum Outcome {
    Passed {
        #[serde(skip_serializing_if = "String::is_empty")]
        detail: String,
    },
    Failed {
        detail: String,
    },
    Skipped {
        detail: String,
    },
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Skipped {
            detail: "not asked".to_owned(),
        }
    }
}

impl SecretReport {
    /// Every finding of the secret and its clusters.
    pub(crate) fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .chain(self.clusters.iter().flat_map(|cluster| &cluster.findings))
    }
}
