//! The checks of which cluster each secret is for, from all reads and all used credentials.

use std::collections::BTreeMap;

use super::contexts::Contexts;
use super::found::FoundSecret;
use super::meant::{Meant, check_meant_for};
use super::meant_input::{CredentialChecks, MeantInput};
use super::probe::Probe;
use super::report::{ClusterReport, Outcome, ProbeReport, SecretReport};
use super::used::KnownClusters;
use crate::meant_for::{Judged, Reached, Verdict};
use crate::remote_secret::annotated_cluster;

/// The input of [`compare`].
#[derive(Debug)]
pub struct Compared<'a> {
    /// The secrets that are reported.
    pub found: &'a [FoundSecret],
    /// The other secrets of the same holders.
    pub beside: &'a [FoundSecret],
    /// The clusters that the istiods of each context know.
    pub used: &'a BTreeMap<String, KnownClusters>,
    /// The credentials that were used, by the number of the secret in `found` and the data key.
    pub probes: &'a BTreeMap<(usize, String), Probe>,
    /// The contexts of the kubeconfig.
    pub contexts: &'a Contexts,
    /// True if loopback addresses are accepted.
    pub allow_loopback: bool,
}

/// Adds to the reports (in the order of `compared.found`) the findings about the cluster that each secret is for.
pub fn compare(compared: &Compared<'_>, reports: &mut [SecretReport]) {
    let Compared { found, probes, .. } = *compared;
    let holders = found.iter().filter_map(|found| found.holder.as_deref());
    let read = probes
        .values()
        .flat_map(|probe| [&probe.remote, &probe.called].into_iter().flatten())
        .filter_map(|remote| remote.as_ref().ok());
    // A cluster may have been read as a holder or as a remote cluster; both count.
    let read = read.map(|remote| remote.member());
    let members = compared.contexts.members(read.chain(holders.cloned()));
    let named = compared.contexts.named();
    let not_asked = KnownClusters::default();
    for numbers in together(found) {
        let context = found[numbers[0]].context.as_deref();
        let of_context =
            |found: &&FoundSecret| context.is_some() && found.context.as_deref() == context;
        let asked = numbers.iter().map(|&number| &found[number]);
        let beside = compared.beside.iter().filter(of_context);
        let all: Vec<&FoundSecret> = asked.chain(beside).collect();
        let mut checks = CredentialChecks::new();
        for (place, number) in numbers.iter().enumerate() {
            let of_secret = (*number, String::new())..(*number + 1, String::new());
            let probes = probes.range(of_secret);
            checks.extend(
                probes.map(|((_, key), probe)| ((place, key.clone()), probe.facts.check())),
            );
        }
        let input = MeantInput {
            members: &members,
            expected: named.and_then(|context| members.of_context(context)),
            used: context
                .and_then(|context| compared.used.get(context))
                .unwrap_or(&not_asked),
            reported: numbers.len(),
            allow_loopback: compared.allow_loopback,
        };
        let mut meant = check_meant_for(&all, &checks, input);
        for (place, number) in numbers.iter().enumerate() {
            for cluster in &mut reports[*number].clusters {
                let Some(meant) = meant.remove(&(place, cluster.name.clone())) else {
                    continue;
                };
                let probe = probes.get(&(*number, cluster.name.clone()));
                if let Some((report, probe)) = cluster.probe.as_mut().zip(probe) {
                    answer(report, probe, &meant);
                }
                cluster.peer = meant.peer().map(Box::from);
                cluster.findings.splice(0..0, meant.findings);
            }
            reports[*number].peer = peer(&reports[*number].clusters)
                .or_else(|| input.named(all[place], annotated_cluster(&all[place].facts.secret)?));
        }
    }
}

/// Returns the context of the cluster that all keys of a Secret concern.
fn peer(keys: &[ClusterReport]) -> Option<Box<str>> {
    let mut peers = keys.iter().map(|key| &key.peer);
    let first = peers.next()?.as_ref()?;
    peers
        .all(|peer| peer.as_ref() == Some(first))
        .then(|| first.clone())
}

/// Returns the numbers of the secrets of each holder; each secret of a manifest separately.
fn together(found: &[FoundSecret]) -> Vec<Vec<usize>> {
    let mut of_context: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (number, found) in found.iter().enumerate() {
        match found.context.as_deref() {
            Some(context) => of_context.entry(context).or_default().push(number),
            None => alone.push(vec![number]),
        }
    }
    of_context.into_values().chain(alone).collect()
}

/// Records whether it is the right cluster, and whether its name is the cluster's own.
fn answer(report: &mut ProbeReport, probe: &Probe, meant: &Meant<'_>) {
    if probe.facts.uid().is_none() && probe.facts.uid_unread().is_none() {
        return;
    }
    report.right_cluster = right_cluster(probe, &meant.judged, meant);
    let is_right = matches!(report.right_cluster, Outcome::Passed { .. });
    let remote = probe.remote.as_ref().filter(|_| is_right);
    let remote = remote.and_then(|remote| remote.as_ref().ok());
    if let Some(why) = remote.and_then(|remote| remote.istiods.reason()) {
        report.right_name = Some(Outcome::Skipped {
            detail: why.to_owned(),
        });
    }
}

fn right_cluster(probe: &Probe, judged: &Judged<'_>, meant: &Meant<'_>) -> Outcome {
    let skipped = |detail: &str| Outcome::Skipped {
        detail: detail.to_owned(),
    };
    if let Some(why) = probe.facts.uid_unread() {
        return skipped(why);
    }
    let is_wrong = match judged.verdict {
        Verdict::WrongCluster { .. } | Verdict::Holder => true,
        Verdict::OwnName => judged.reached == Reached::Holder,
        Verdict::Fine
        | Verdict::StrayKey { .. }
        | Verdict::Duplicate { .. }
        | Verdict::WrongName { .. } => false,
    };
    if is_wrong {
        let first = meant.findings.first();
        return Outcome::Failed {
            detail: first.map_or_else(String::new, |finding| finding.message.clone()),
        };
    }
    match (judged.reached, &probe.remote, &probe.called) {
        (_, _, Some(Err(why))) | (_, Some(Err(why)), None) => skipped(why),
        (Reached::Member(member), _, _) if member.uid.as_deref() == probe.facts.uid() => {
            Outcome::Passed {
                detail: format!("context {}", member.context),
            }
        }
        (_, Some(Ok(remote)), _) => {
            let why = remote.uid.reason().unwrap_or("not read");
            skipped(&format!("context {}: {why}", remote.context))
        }
        (_, Some(Err(why)), _) => skipped(why),
        (_, None, _) => skipped("not read"),
    }
}
