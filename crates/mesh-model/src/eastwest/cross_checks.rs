//! Checks that compare several clusters.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{ClusterSnapshot, Gateway, Verdict};
use crate::finding::{CheckId, Finding, Severity};
use crate::mesh_config::RevisionConfig;
use crate::probe::{Answer, Chain, Judgement, Roots};

/// Another cluster, from which requests come.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// Its context.
    pub context: &'a str,
    /// The configurations of its mesh, which have the ID.
    pub configs: &'a [RevisionConfig],
    /// The root certificates that its proxies trust, if they could be read.
    pub roots: Option<&'a Roots>,
}

impl<'a> Beside<'a> {
    /// Returns the facts about a cluster that its peers depend on.
    pub fn of(cluster: &'a ClusterSnapshot) -> Self {
        Self {
            context: &cluster.context,
            configs: cluster.configs(),
            roots: cluster.roots.seen().filter(|roots| !roots.is_empty()),
        }
    }

    /// Returns the same with the roots of another cluster, which its proxies trust.
    pub(super) fn trusting(self, source: &'a ClusterSnapshot) -> Self {
        Self {
            roots: source.roots.seen().filter(|roots| !roots.is_empty()),
            ..self
        }
    }

    pub(super) fn is_of_another_mesh(&self, other: &Self) -> bool {
        let (own, others) = (self.mesh_ids(), other.mesh_ids());
        !own.is_empty() && !others.is_empty() && own.is_disjoint(&others)
    }

    fn mesh_ids(&self) -> BTreeSet<&'a str> {
        let configs = self.configs.iter();
        let ids = configs.filter_map(|one| one.config.mesh_id.as_deref());
        ids.collect()
    }
}

/// Returns the clusters whose pods connect to a gateway of the cluster `context` that leads into `network`: those on other networks,
/// in the same mesh as far as the IDs of the meshes are known.
pub(super) fn clients<'a>(
    context: &'a str,
    network: &'a str,
    clusters: &'a [ClusterSnapshot],
) -> impl Iterator<Item = &'a ClusterSnapshot> {
    let own = clusters.iter().find(|cluster| cluster.context == context);
    let own = own.map(Beside::of);
    clusters.iter().filter(move |other| {
        let is_elsewhere = other.network().is_some_and(|name| name != network);
        let is_of_another_mesh = own.is_some_and(|own| own.is_of_another_mesh(&Beside::of(other)));
        is_elsewhere && !is_of_another_mesh
    })
}

/// Checks whether the certificate chain behind a gateway is signed by a root of its own cluster and of the others.
///
/// If the root certificates could not be read, the chain is not checked.
pub fn cross_check(
    verdict: &Verdict,
    own: &Beside<'_>,
    others: &[Beside<'_>],
    now: Timestamp,
) -> Vec<Finding> {
    let Some(chain) = verdict
        .answer
        .as_ref()
        .filter(|answer| answer.is_mesh())
        .and_then(Answer::chain)
    else {
        return Vec::new();
    };
    if let Some(finding) = own.roots.and_then(|roots| of_own(chain, own, roots, now)) {
        return vec![finding];
    }
    // Clusters with the same roots are checked once.
    let mut by_roots: BTreeMap<&[String], (&Roots, Vec<&str>)> = BTreeMap::new();
    for other in others.iter().filter(|other| !own.is_of_another_mesh(other)) {
        if let Some(roots) = other.roots {
            let group = by_roots
                .entry(roots.fingerprints())
                .or_insert((roots, Vec::new()));
            group.1.push(other.context);
        }
    }
    let strangers = by_roots
        .values()
        .filter(|(roots, _)| chain.judge(roots, now) == Judgement::AnotherRoot);
    let strangers: Vec<&str> = strangers
        .flat_map(|(_, contexts)| contexts.iter().copied())
        .collect();
    if strangers.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "the root CA of {} differs from that of {}: the certificate of {} is not trusted there, so requests from there fail",
        strangers.join(", "),
        own.context,
        chain.identity(),
    );
    let fix = "give all clusters intermediate CAs of one root CA (secret cacerts), then restart istiod and the workloads";
    let finding = finding(message, fix, own);
    vec![match strangers[..] {
        [only] => finding.with_peer(only),
        _ => finding,
    }]
}

fn of_own(chain: &Chain, own: &Beside<'_>, roots: &Roots, now: Timestamp) -> Option<Finding> {
    let (who, context) = (chain.identity(), own.context);
    let message = match chain.judge(roots, now) {
        Judgement::Verified => return None,
        Judgement::AnotherRoot => format!(
            "the certificate of {who} is not signed by the root of its own cluster {context}: it was issued by another CA than istiod's"
        ),
        Judgement::Expired => format!("a certificate that {who} presents has expired"),
        Judgement::NotYetValid => format!(
            "a certificate that {who} presents is not valid yet: a clock is wrong, here or in {context}"
        ),
        Judgement::Unfit(why) => {
            format!("the certificate that {who} presents cannot be verified: {why}")
        }
    };
    let fix = "restart istiod, then the workload, so that it gets a new certificate";
    Some(finding(message, fix, own))
}

fn finding(message: String, fix: &str, own: &Beside<'_>) -> Finding {
    Finding::new(CheckId::Probe15443Root, Severity::Error, message)
        .in_cluster(own.context)
        .fix(fix)
}

/// Returns findings about addresses that gateways of different networks share: one for each address, with the index of
/// the first gateway that has it.
pub fn duplicates(gateways: &[(&str, &Gateway)]) -> Vec<(usize, Finding)> {
    let mut places: BTreeMap<(&str, i32), Vec<usize>> = BTreeMap::new();
    for (number, (_, gateway)) in gateways.iter().enumerate() {
        let ports = [gateway.sidecar_port(), gateway.hbone_port()];
        for address in &gateway.addresses {
            for port in ports
                .iter()
                .flatten()
                .filter_map(|port| address.port(*port))
            {
                let here = places.entry((&address.value, port)).or_default();
                here.push(number);
            }
        }
    }
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for ((address, port), here) in places {
        let here = here.into_iter().filter_map(|number| {
            let (context, gateway) = gateways[number];
            let network = gateway.network.as_deref()?;
            let said = format!(
                "{} in {context}, the gateway of {network}",
                gateway.described()
            );
            Some((number, network, said))
        });
        let here: Vec<(usize, &str, String)> = here.collect();
        let Some((first, network, _)) = here.first() else {
            continue;
        };
        if here.iter().all(|(_, other, _)| other == network) || !told.insert((address, *first)) {
            continue;
        }
        let each: Vec<&str> = here.iter().map(|(_, _, said)| said.as_str()).collect();
        let message = format!(
            "{address}:{port} is the address of {}",
            each.join(", and of ")
        );
        let fix = "give each gateway an address of its own (with MetalLB: separate pools)";
        let (context, gateway) = gateways[*first];
        let finding = Finding::new(CheckId::EwgAddressDuplicate, Severity::Error, message)
            .in_cluster(context)
            .about(gateway.reference())
            .fix(fix);
        let mut others = here.iter().map(|(number, _, _)| gateways[*number].0);
        let finding = match others.find(|other| *other != context) {
            Some(peer) => finding.with_peer(peer),
            None => finding,
        };
        findings.push((*first, finding));
    }
    findings
}
