//! The networks and names of all clusters, judged together. This is the model of the report: fields of its JSON and
//! YAML may be added, but not removed.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Namespace;
use serde::Serialize;

use super::{FixCommands, Statement, cluster, find_drift, near_keys, network};
use crate::command::Kubectl;
use crate::finding::{Finding, Severity};
use crate::metadata::MetadataField;
use crate::names::CONTROL_PLANE_ANNOTATION;
use crate::report::Envelope;
use crate::snapshot::MeshSnapshot;

/// A cluster as it was read.
#[derive(Debug, Default)]
pub struct IdentityObservation {
    /// Its context.
    pub context: String,
    /// The kubectl flags that select it.
    pub kubectl: Kubectl,
    /// The UID of kube-system.
    pub uid: Option<String>,
    /// Istio's namespace.
    pub namespace: Option<Namespace>,
    /// The statements of its parts, by weight.
    pub statements: Vec<Statement>,
    /// The parts that could not be read, each with the reason.
    pub skipped: Vec<(&'static str, String)>,
    /// True if one of those may disagree with the others.
    pub is_partial: bool,
}

/// The report about all clusters.
pub type MeshLabels = Envelope<ClusterLabels>;

/// One cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterLabels {
    /// Its context.
    pub context: String,
    /// The UID of kube-system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The network of most parts; `None` if there is a tie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The cluster name of most parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The clusters whose control planes manage a cluster without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_clusters: Option<String>,
    /// The statements of its parts.
    pub statements: Vec<Statement>,
    /// The parts that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedPart>,
    /// True if a skipped part may disagree with the others.
    #[serde(skip)]
    pub is_partial: bool,
    /// The findings, each with its fix.
    pub findings: Vec<Finding>,
}

/// A part that could not be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkippedPart {
    /// The part.
    pub part: &'static str,
    /// The reason, in one line.
    pub reason: String,
}

impl Envelope<ClusterLabels> {
    /// Judges all clusters together, because only then the number of networks is known.
    pub fn judged(mesh: &MeshSnapshot) -> Self {
        let observed = mesh.clusters.iter().map(IdentityObservation::of);
        let observed: Vec<IdentityObservation> = observed.collect();
        let networks: BTreeSet<&str> = observed
            .iter()
            .flat_map(|one| network(&one.statements).all())
            .collect();
        let several = networks.len() > 1;
        let items = observed.into_iter().map(|one| judged(one, several));
        Self::new("MeshLabels", items.collect(), mesh.unreached.clone())
    }

    /// Returns whether a statement disagrees with the others, or a finding is an error.
    pub fn drifts(&self) -> bool {
        self.items.iter().any(|item| {
            let wrong = item
                .findings
                .iter()
                .any(|found| found.severity == Severity::Error);
            wrong || item.statements.iter().any(|statement| statement.drift)
        })
    }
}

fn judged(mut observed: IdentityObservation, several: bool) -> ClusterLabels {
    let commands = FixCommands::new(&observed.kubectl);
    let findings = find_drift(&mut observed.statements, several, &commands);
    let (network, cluster) = (
        network(&observed.statements).one(),
        cluster(&observed.statements).one(),
    );
    let near = observed.namespace.iter();
    let near = near.flat_map(|namespace| near_keys(namespace, network, &commands));
    ClusterLabels {
        uid: observed.uid,
        network: network.map(str::to_owned),
        cluster: cluster.map(str::to_owned),
        control_plane_clusters: observed.namespace.as_ref().and_then(|namespace| {
            let field = MetadataField::Annotation(CONTROL_PLANE_ANNOTATION);
            field.value(&namespace.metadata).map(str::to_owned)
        }),
        findings: findings.into_iter().chain(near).collect(),
        is_partial: observed.is_partial,
        skipped: observed
            .skipped
            .into_iter()
            .map(|(part, reason)| SkippedPart { part, reason })
            .collect(),
        statements: observed.statements,
        context: observed.context,
    }
}
