//! The model of what `status` shows; JSON and YAML are the model, and it only ever grows.

use jiff::Timestamp;
use mesh_common::model::Exit;
use mesh_common::model::eastwest::{
    Beside, ClusterFacts, Exposure, Gateway, Verdict, check, cross_check, duplicates, missing,
};
use mesh_common::model::finding::{Finding, Severity};
use mesh_common::model::fleet::{EachOnce, Unreached};
use serde::Serialize;

/// What was read of one cluster, and what its gateways answered.
pub(crate) struct Seen {
    pub facts: ClusterFacts,
    pub gateways: Vec<(Gateway, Vec<Verdict>)>,
}

/// All clusters that were looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    api_version: &'static str,
    kind: &'static str,
    pub items: Vec<ClusterStatus>,
    /// Clusters that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<Unreached>,
}

/// One cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterStatus {
    pub context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    /// What Istio's namespace says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    pub gateways: Vec<GatewayStatus>,
    /// Whether it is known which gateways there are.
    #[serde(skip)]
    pub is_known: bool,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// What is to be said of the cluster as a whole.
    pub findings: Vec<Finding>,
}

/// One gateway.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayStatus {
    #[serde(flatten)]
    pub gateway: Gateway,
    pub probes: Vec<Verdict>,
    pub findings: Vec<Finding>,
}

/// Something that could not be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Skipped {
    pub what: String,
    pub reason: String,
}

impl Status {
    /// Judges all clusters together: whether two share an address or a root shows only then.
    pub(crate) fn new(once: EachOnce<Seen>, now: Timestamp) -> Self {
        let seen: Vec<Seen> = once.read.into_iter().map(|(_, seen)| seen).collect();
        let beside: Vec<Beside<'_>> = seen.iter().map(|one| Beside::of(&one.facts)).collect();
        let mut items: Vec<ClusterStatus> = Vec::new();
        for (number, one) in seen.iter().enumerate() {
            let others: Vec<Beside<'_>> = (0..seen.len())
                .filter(|other| *other != number)
                .map(|other| beside[other])
                .collect();
            items.push(of_cluster(one, &beside[number], &others, now));
        }
        let all: Vec<(&str, &Gateway)> = seen
            .iter()
            .flat_map(|one| {
                let context = one.facts.context.as_str();
                one.gateways
                    .iter()
                    .map(move |(gateway, _)| (context, gateway))
            })
            .collect();
        let shared = duplicates(&all);
        let mut gateways: Vec<&mut GatewayStatus> = items
            .iter_mut()
            .flat_map(|item| &mut item.gateways)
            .collect();
        for (number, finding) in shared {
            gateways[number].findings.push(finding);
        }
        for gateway in gateways {
            // The worst first, and each once: several addresses can tell the same.
            gateway
                .findings
                .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            gateway.findings.dedup();
        }
        Self {
            api_version: "mesh.istio-multicluster.dev/v1alpha1",
            kind: "EastWestStatus",
            items,
            unreached: once.unreached,
        }
    }

    /// How the command ends.
    pub(super) fn exit(&self) -> Exit {
        let wrong = self
            .findings()
            .any(|found| found.severity == Severity::Error);
        let found = if wrong { Exit::Findings } else { Exit::Fine };
        let reach = if self.unreached.is_empty() {
            Exit::Fine
        } else {
            Exit::Partial
        };
        found.worse(reach)
    }

    /// All findings.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(|item| {
            let of_gateways = item.gateways.iter().flat_map(|one| &one.findings);
            of_gateways.chain(&item.findings)
        })
    }
}

fn of_cluster(
    seen: &Seen,
    own: &Beside<'_>,
    others: &[Beside<'_>],
    now: Timestamp,
) -> ClusterStatus {
    let facts = &seen.facts;
    let gateways = seen.gateways.iter().map(|(gateway, verdicts)| {
        let exposure = Exposure::of(gateway, facts);
        let mut findings = check(gateway, &exposure, facts);
        let mut probes = verdicts.clone();
        for verdict in &mut probes {
            findings.extend(verdict.findings.iter().cloned());
            let of_roots = cross_check(verdict, own, others, now);
            if !of_roots.is_empty() {
                "root".clone_into(&mut verdict.word);
            }
            findings.extend(of_roots);
        }
        GatewayStatus {
            gateway: gateway.clone(),
            probes,
            findings,
        }
    });
    let gateways: Vec<GatewayStatus> = gateways.collect();
    ClusterStatus {
        context: facts.context.clone(),
        uid: facts.uid().map(str::to_owned),
        network: facts.network().map(str::to_owned),
        findings: missing(facts).into_iter().collect(),
        gateways,
        is_known: facts.services.is_seen() && !facts.api_gateways.may_be_there(),
        skipped: skipped(facts),
    }
}

fn skipped(facts: &ClusterFacts) -> Vec<Skipped> {
    let unread = facts.unread().into_iter();
    let skipped = unread.map(|(what, reason)| Skipped {
        what,
        reason: reason.to_owned(),
    });
    skipped.collect()
}
