//! The report about secrets. These types are its JSON and YAML; fields may be added, but not removed.

use crate::access_facts::AccessFacts;
use crate::finding::Finding;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::placed::Placed;

/// One Secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct SecretReport {
    /// The holder's context; absent for a file or a pipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Its namespace, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The time of its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Seconds since it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Its data keys, each with the cluster that it gives access to.
    #[serde(skip)]
    pub clusters: Vec<ClusterReport>,
    /// The context of the other cluster that all its keys concern.
    #[serde(skip)]
    pub peer: Option<Box<str>>,
    /// The findings about the Secret as a whole. They are written with their place.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// One data key of a Secret, which is a cluster for istiod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterReport {
    /// The data key.
    pub name: String,
    /// The facts of the kubeconfig; absent if it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessFacts>,
    /// True if istiod accepts the kubeconfig.
    pub accepted: bool,
    /// The reason for which it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// The result of using it; absent without `--probe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeReport>,
    /// The kubeconfig in plain text, with `--reveal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// The context of the other cluster that the findings concern ([`crate::meant_for::Mesh::peer`]).
    #[serde(skip)]
    pub peer: Option<Box<str>>,
    /// The findings about this key. They are written with their place.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// The result of using a credential.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeReport {
    /// Passed if a connection was established, including TLS.
    pub connected: Outcome,
    /// Passed if the token was accepted.
    pub authenticated: Outcome,
    /// Passed if it is the right cluster.
    pub right_cluster: Outcome,
    /// Passed if the cluster's own istiod has this cluster ID; absent if that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right_name: Option<Outcome>,
    /// Passed if it has all permissions that istiod needs.
    pub may_read: Outcome,
    /// Passed if it has no more permissions than the reader role of Istio's chart.
    pub no_more_than_needed: Outcome,
    /// The user name that the API server returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// UID of the cluster that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_uid: Option<String>,
    /// Missing permissions that istiod needs, such as `list pods`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_rights: Vec<String>,
    /// Permissions beyond the reader role of Istio's chart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excess_rights: Vec<String>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum Outcome {
    /// It is so.
    Passed {
        /// More about it; may be empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        detail: String,
    },
    /// It is not so.
    Failed {
        /// The cause.
        detail: String,
    },
    /// It is not known.
    Skipped {
        /// The reason.
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

impl Serialize for SecretReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Own<'a>(&'a SecretReport);

        impl Serialize for Own<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                SecretReport::serialize(self.0, serializer)
            }
        }

        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            own: Own<'a>,
            clusters: Vec<OfKey<'a>>,
            findings: Placed<'a>,
        }

        #[derive(Serialize)]
        struct OfKey<'a> {
            #[serde(flatten)]
            own: &'a ClusterReport,
            findings: Placed<'a>,
        }

        let clusters = self.clusters.iter().map(|key| OfKey {
            own: key,
            findings: Placed::of_key(self, key),
        });
        let whole = Whole {
            own: Own(self),
            clusters: clusters.collect(),
            findings: Placed::of_secret(self),
        };
        whole.serialize(serializer)
    }
}

impl SecretReport {
    /// Returns every finding of the secret and its clusters.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .chain(self.clusters.iter().flat_map(|cluster| &cluster.findings))
    }
}
