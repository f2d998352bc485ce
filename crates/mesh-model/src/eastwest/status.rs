//! The gateways of all clusters, judged together. This is the model of the report: fields of its JSON and YAML may be
//! added, but not removed.

use jiff::Timestamp;
use serde::Serialize;

use super::checks::note_that_none_is_needed;
use super::family_checks::families;
use super::name_checks::unresolved;
use super::{
    Beside, ClusterSnapshot, Exposure, Gateway, GatewayTests, Verdict, check, config_clusters,
    cross_check, duplicates, missing, trust_source,
};
use crate::finding::{CheckId, Finding, Severity};
use crate::report::Envelope;
use crate::snapshot::MeshSnapshot;

/// A cluster as it was read, and the answers of its gateways.
struct ClusterObservation<'a> {
    /// The cluster as it was read.
    facts: &'a ClusterSnapshot,
    /// The gateways, each with what is exposed through it and the verdicts on its ports.
    gateways: Vec<(Gateway, Exposure<'a>, Vec<Verdict>)>,
}

impl<'a> ClusterObservation<'a> {
    fn of(facts: &'a ClusterSnapshot, mesh: &'a MeshSnapshot, name: Option<&str>) -> Self {
        let gateways = Gateway::found(facts, name);
        let configured = config_clusters(facts, &mesh.clusters);
        let exposures = gateways.iter();
        let exposures: Vec<Exposure<'_>> = exposures
            .map(|gateway| Exposure::of(gateway, facts, &configured))
            .collect();
        let verdicts = GatewayTests::new(facts, &gateways).verdicts(&exposures);
        let all = gateways.into_iter().zip(exposures).zip(verdicts);
        Self {
            facts,
            gateways: all
                .map(|((gateway, exposure), verdicts)| (gateway, exposure, verdicts))
                .collect(),
        }
    }
}

/// The report about all clusters.
pub type EastWestStatus = Envelope<ClusterStatus>;

/// One cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// Its context.
    pub context: String,
    /// The UID of kube-system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The network of Istio's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Its gateways.
    pub gateways: Vec<GatewayStatus>,
    /// True if it is known which gateways exist.
    #[serde(skip)]
    pub is_known: bool,
    /// The reads that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedRead>,
    /// The findings about the cluster as a whole.
    pub findings: Vec<Finding>,
}

/// One gateway.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayStatus {
    /// The gateway.
    #[serde(flatten)]
    pub gateway: Gateway,
    /// The verdicts on its ports.
    pub probes: Vec<Verdict>,
    /// The findings about it.
    pub findings: Vec<Finding>,
}

/// A read that failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkippedRead {
    /// The objects of the read.
    pub what: String,
    /// The reason, in one line.
    pub reason: String,
}

impl Envelope<ClusterStatus> {
    /// Judges all clusters together, because only then shared addresses and different roots are known. With a name, only the
    /// gateways of that name are judged.
    pub fn judged(mesh: &MeshSnapshot, name: Option<&str>) -> Self {
        let clusters = mesh.clusters.iter();
        let seen: Vec<ClusterObservation<'_>> = clusters
            .map(|facts| ClusterObservation::of(facts, mesh, name))
            .collect();
        let beside: Vec<Beside<'_>> = seen
            .iter()
            .map(|one| Beside::of(one.facts).trusting(trust_source(one.facts, &mesh.clusters)))
            .collect();
        let mut items: Vec<ClusterStatus> = Vec::new();
        for (number, one) in seen.iter().enumerate() {
            let others: Vec<Beside<'_>> = (0..seen.len())
                .filter(|other| *other != number)
                .map(|other| beside[other])
                .collect();
            items.push(judged(one, &beside[number], &others, mesh.taken_at));
        }
        if is_on_one_network(mesh) {
            let findings = items.iter_mut().flat_map(|item| &mut item.findings);
            for missing in findings.filter(|one| one.id == CheckId::EwgMissing) {
                note_that_none_is_needed(missing);
            }
        }
        let all: Vec<(&str, &Gateway)> = seen
            .iter()
            .flat_map(|one| {
                let context = one.facts.context.as_str();
                one.gateways
                    .iter()
                    .map(move |(gateway, ..)| (context, gateway))
            })
            .collect();
        let mut shared = duplicates(&all);
        shared.extend(families(&all, &mesh.clusters));
        shared.extend(unresolved(&all, &mesh.clusters));
        let mut gateways: Vec<&mut GatewayStatus> = items
            .iter_mut()
            .flat_map(|item| &mut item.gateways)
            .collect();
        for (number, finding) in shared {
            gateways[number].findings.push(finding);
        }
        for gateway in gateways {
            // The worst first, and each once: several addresses can have the same finding.
            gateway
                .findings
                .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            gateway.findings.dedup();
        }
        Self::new("EastWestStatus", items, mesh.unreached.clone())
    }

    /// Returns whether there is an error among the findings.
    pub fn has_errors(&self) -> bool {
        self.findings()
            .any(|found| found.severity == Severity::Error)
    }

    /// Returns all findings, moved out of it.
    pub fn into_findings(self) -> impl Iterator<Item = Finding> {
        self.items.into_iter().flat_map(|item| {
            let of_gateways = item.gateways.into_iter().flat_map(|one| one.findings);
            of_gateways.chain(item.findings)
        })
    }

    /// Returns all findings.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().flat_map(|item| {
            let of_gateways = item.gateways.iter().flat_map(|one| &one.findings);
            of_gateways.chain(&item.findings)
        })
    }
}

/// Returns whether all of several clusters are on the same network, which then needs no gateway. A cluster that was not read may
/// be on another one.
fn is_on_one_network(mesh: &MeshSnapshot) -> bool {
    let mut networks = mesh.clusters.iter().map(ClusterSnapshot::network);
    let first = networks.next().flatten();
    let is_several = mesh.clusters.len() > 1 && mesh.unreached.is_empty();
    is_several && first.is_some() && networks.all(|network| network == first)
}

fn judged(
    seen: &ClusterObservation<'_>,
    own: &Beside<'_>,
    others: &[Beside<'_>],
    now: Timestamp,
) -> ClusterStatus {
    let facts = seen.facts;
    let gateways = seen.gateways.iter().map(|(gateway, exposure, verdicts)| {
        let mut findings = check(gateway, exposure, facts);
        let mut probes = verdicts.clone();
        for verdict in &mut probes {
            findings.extend(verdict.findings.iter().cloned());
            let of_roots = cross_check(verdict, own, others, now);
            if !of_roots.is_empty() {
                "root".clone_into(&mut verdict.word);
            }
            let object = gateway.reference();
            let of_gateway = of_roots
                .into_iter()
                .map(|found| found.about(object.clone()));
            findings.extend(of_gateway);
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
        is_known: Gateway::are_known(facts),
        skipped: skipped(facts),
    }
}

fn skipped(facts: &ClusterSnapshot) -> Vec<SkippedRead> {
    let unread = facts.unread().into_iter();
    let skipped = unread.map(|(what, reason)| SkippedRead {
        what,
        reason: reason.to_owned(),
    });
    skipped.collect()
}
