//! The model of what `list` shows; JSON and YAML are it, and it only ever grows.

use jiff::Timestamp;
use mesh_common::model::finding::{CheckId, Finding};
use mesh_common::model::fleet::Unreached;
use serde::Serialize;

use super::state::State;

/// Who holds a secret for whom.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Matrix {
    api_version: &'static str,
    kind: &'static str,
    pub items: Vec<Cell>,
    /// What could not be looked at in a cluster that was read otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Clusters that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<Unreached>,
}

/// What one holder has for one cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cell {
    /// The holder's context.
    pub context: String,
    /// What the holder's istiod calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    pub namespace: String,
    /// The Secret; absent where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The cluster that it leads to; istiod goes by that name.
    pub cluster: String,
    /// The context that leads there, as far as the kubeconfig knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The name that is checked in the server's certificate, where it is not the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<String>,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Seconds since it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// When its token or certificate ends, where it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Seconds until then; negative afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
    /// Whether it tells that it never ends.
    pub never_expires: bool,
    pub findings: Vec<Finding>,
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
    pub(super) fn new(items: Vec<Cell>, skipped: Vec<Skipped>, unreached: Vec<Unreached>) -> Self {
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
