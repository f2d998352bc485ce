//! The model of what `show` shows, and its text for people; JSON and YAML are the model, and it only ever grows.

use std::collections::BTreeSet;

use mesh_common::model::finding::{Finding, Severity};
use mesh_common::model::fleet::{EachOnce, Unreached};
use mesh_common::model::mark::Mark;
use mesh_common::model::names::CONTROL_PLANE_ANNOTATION;
use mesh_common::model::statements::{Statement, Tools, cluster, judge, near_keys, network};
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{counted, finding, line, wrapped};
use mesh_common::terminal::table::Table;
use serde::Serialize;

use super::observe::Seen;

/// All clusters that were looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Labels {
    api_version: &'static str,
    kind: &'static str,
    pub items: Vec<ClusterLabels>,
    /// Clusters that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<Unreached>,
}

/// One cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClusterLabels {
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    /// What most parts say; nothing where as many say another.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// Who leads a cluster without a control plane of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    control_plane_clusters: Option<String>,
    statements: Vec<Statement>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<Skipped>,
    /// Whether something of what was skipped may drift.
    #[serde(skip)]
    is_partial: bool,
    pub findings: Vec<Finding>,
}

/// A part that could not be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Skipped {
    part: &'static str,
    reason: String,
}

impl Labels {
    /// Judges all clusters together: whether there are several networks shows only then.
    pub(super) fn new(once: EachOnce<Seen>) -> Self {
        let seen: Vec<Seen> = once.read.into_iter().map(|(_, seen)| seen).collect();
        let networks: BTreeSet<&str> = seen
            .iter()
            .flat_map(|one| network(&one.statements).all())
            .collect();
        let several = networks.len() > 1;
        Self {
            api_version: "mesh.istio-multicluster.dev/v1alpha1",
            kind: "MeshLabels",
            items: seen.into_iter().map(|one| judged(one, several)).collect(),
            unreached: once.unreached,
        }
    }

    /// Whether anything disagrees.
    pub(super) fn drifts(&self) -> bool {
        self.items.iter().any(|item| {
            let wrong = item
                .findings
                .iter()
                .any(|found| found.severity == Severity::Error);
            wrong || item.statements.iter().any(|statement| statement.drift)
        })
    }
}

fn judged(mut seen: Seen, several: bool) -> ClusterLabels {
    let tools = Tools::new(&seen.kubectl);
    let findings = judge(&mut seen.statements, several, &tools);
    let (network, cluster) = (
        network(&seen.statements).one(),
        cluster(&seen.statements).one(),
    );
    let near = seen.namespace.iter();
    let near = near.flat_map(|namespace| near_keys(namespace, network, &tools));
    ClusterLabels {
        uid: seen.uid,
        network: network.map(str::to_owned),
        cluster: cluster.map(str::to_owned),
        control_plane_clusters: seen.namespace.as_ref().and_then(|namespace| {
            let leaders = Mark::Annotation(CONTROL_PLANE_ANNOTATION).value(&namespace.metadata);
            leaders.map(str::to_owned)
        }),
        findings: findings.into_iter().chain(near).collect(),
        is_partial: seen.is_partial,
        skipped: seen
            .skipped
            .into_iter()
            .map(|(part, reason)| Skipped { part, reason })
            .collect(),
        statements: seen.statements,
        context: seen.context,
    }
}

impl Report for Labels {
    fn to_text(&self, style: Style) -> String {
        let mut text = String::new();
        for item in &self.items {
            item.write(style, &mut text);
            text.push('\n');
        }
        for lost in &self.unreached {
            line(&format!("context {}", lost.context), &mut text);
            wrapped("not read", &lost.reason, &mut text);
            text.push('\n');
        }
        let drifting = self.items.iter().flat_map(|item| &item.statements);
        let count = drifting.filter(|statement| statement.drift).count();
        let clusters = counted(self.items.len(), "cluster");
        let verdict = match count {
            0 if self.drifts() => "a label to mend".to_owned(),
            0 if self.items.iter().any(|item| item.is_partial) => {
                "no drift in what could be read".to_owned()
            }
            0 => "no drift".to_owned(),
            1 => "1 part drifts".to_owned(),
            more => format!("{more} parts drift"),
        };
        line(&format!("{clusters}: {verdict}"), &mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        let statements = self.items.iter().flat_map(|item| &item.statements);
        statements
            .map(|statement| statement.object.clone())
            .collect()
    }
}

impl ClusterLabels {
    fn write(&self, style: Style, text: &mut String) {
        line(&format!("context {}", self.context), text);
        if let Some(leaders) = &self.control_plane_clusters {
            line(&format!("  led by the control plane of {leaders}"), text);
        }
        let mut table = Table::new(["  PART", "NETWORK", "CLUSTER", "OBJECT"], style);
        for statement in &self.statements {
            let mark = if statement.drift { "! " } else { "  " };
            let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            table.row([
                format!("{mark}{}", statement.part.word()),
                or_none(&statement.network),
                or_none(&statement.cluster),
                match statement.more {
                    Some(more) => format!("{} and {more} more", statement.object),
                    None => statement.object.clone(),
                },
            ]);
        }
        text.push_str(&table.to_text());
        if self.statements.is_empty() && !self.is_partial {
            line("  nothing of Istio", text);
        }
        for skipped in &self.skipped {
            wrapped(
                "skipped",
                &format!("{}: {}", skipped.part, skipped.reason),
                text,
            );
        }
        for found in &self.findings {
            finding(found, style.wide, text);
        }
    }
}
