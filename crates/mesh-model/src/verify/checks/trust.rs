//! Checks of the root certificates that the proxies of each cluster trust.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::majority::most_common;
use super::cacerts::signs_itself;
use crate::eastwest::trust_source;
use crate::finding::{CheckId, Finding, Severity};
use crate::probe::Roots;
use crate::snapshot::ClusterSnapshot;

/// The roots of one cluster, by their fingerprints.
#[derive(Debug)]
struct Trust<'a> {
    /// Its context.
    context: &'a str,
    /// Those that its workloads trust.
    trusted: BTreeSet<&'a str>,
    /// The one that its authority signs with; several where it is one of them, and not known which.
    signing: Vec<&'a str>,
}

impl<'a> Trust<'a> {
    fn of(
        cluster: &'a ClusterSnapshot,
        clusters: &[&'a ClusterSnapshot],
        now: Timestamp,
    ) -> Option<Self> {
        let context = &cluster.context;
        let cluster = trust_source(cluster, clusters.iter().copied());
        let trusted = cluster.roots.seen().filter(|roots| !roots.is_empty())?;
        let own = cluster.own_roots.as_ref().unwrap_or(trusted);
        let certs = cluster.ca_certs.seen().and_then(Option::as_ref);
        let certs = certs.filter(|_| signs_itself(cluster));
        let signing = certs.and_then(|certs| {
            let signing = certs.signing()?;
            let shown: Vec<&[u8]> = std::iter::once(signing).chain(certs.chain()).collect();
            own.root_of(&shown, now)
        });
        Some(Self {
            context,
            trusted: fingerprints(trusted).collect(),
            signing: signing.map_or_else(|| fingerprints(own).collect(), |one| vec![one]),
        })
    }

    fn meets(&self, other: &Self) -> bool {
        !self.trusted.is_disjoint(&other.trusted)
    }

    /// Returns whether its workloads accept what an authority of one of these roots signs.
    fn accepts(&self, signing: &[&str]) -> bool {
        signing.iter().any(|root| self.trusted.contains(root))
    }
}

fn fingerprints(roots: &Roots) -> impl Iterator<Item = &str> {
    roots.fingerprints().iter().map(String::as_str)
}

/// Reports clusters without a root in common, those that do not trust the root that another one signs with, and those that trust
/// other roots than most, beside a common one.
///
/// The roots are those of the `ConfigMap` istio-ca-root-cert, which proxies use, so no Secret is needed to compare them. Only where
/// it has several, the Secret cacerts says which one signs.
pub(in crate::verify) fn roots(clusters: &[&ClusterSnapshot], now: Timestamp) -> Vec<Finding> {
    let known = clusters.iter();
    let known = known.filter_map(|cluster| Trust::of(cluster, clusters, now));
    compared(&known.collect::<Vec<Trust<'_>>>())
}

fn compared(known: &[Trust<'_>]) -> Vec<Finding> {
    let met_by = |one: &Trust<'_>| known.iter().filter(|other| one.meets(other)).count();
    let mut most: Option<(&Trust<'_>, usize)> = None;
    for one in known {
        let met = met_by(one);
        if most.is_none_or(|(_, most)| met > most) {
            most = Some((one, met));
        }
    }
    let Some((usual, _)) = most else {
        return Vec::new();
    };
    let (inside, outside): (Vec<_>, Vec<_>) = known.iter().partition(|one| one.meets(usual));
    let outside = outside.iter();
    let mut findings: Vec<Finding> = outside
        .map(|one| differs(one.context, usual.context))
        .collect();
    for (number, one) in inside.iter().enumerate() {
        let apart = inside[..number].iter().filter(|other| !one.meets(other));
        findings.extend(apart.map(|other| differs(one.context, other.context)));
    }
    let not_accepted = not_accepted(known);
    let is_told = |context: &str| {
        let mut told = not_accepted.iter().filter_map(Finding::details);
        told.any(|place| {
            let both = [&place.cluster, &place.peer];
            both.into_iter().any(|one| one.as_deref() == Some(context))
        })
    };
    let sets: Vec<(&str, &BTreeSet<&str>)> = inside
        .iter()
        .map(|one| (one.context, &one.trusted))
        .collect();
    if let Some((usual_in, usual)) = most_common(&sets) {
        let others = sets.iter().filter(|(_, set)| *set != usual);
        let others = others.filter(|(context, _)| !is_told(context));
        findings.extend(others.map(|(context, set)| partial(context, set, usual_in, usual)));
    }
    findings.extend(not_accepted);
    findings
}

/// Reports the clusters that do not trust the root that others sign with, though they trust a common one: those that lack it, or if
/// these are the most, those that sign with it.
fn not_accepted(known: &[Trust<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut roots: BTreeSet<&[&str]> = BTreeSet::new();
    for root in known.iter().map(|one| one.signing.as_slice()) {
        if !roots.insert(root) {
            continue;
        }
        let signing: Vec<_> = known.iter().filter(|one| one.signing == root).collect();
        let (trusting, lacking): (Vec<_>, Vec<_>) = known.iter().partition(|one| one.accepts(root));
        let are_the_most = lacking.len() > trusting.len();
        let (odd, others) = if are_the_most {
            (&signing, &lacking)
        } else {
            (&lacking, &signing)
        };
        for one in odd {
            let Some(peer) = others.iter().find(|other| other.meets(one)) else {
                continue;
            };
            let (without, with) = if are_the_most {
                (peer, one)
            } else {
                (one, peer)
            };
            let finding = not_trusted(without.context, with.context);
            findings.push(finding.in_cluster(one.context).with_peer(peer.context));
        }
    }
    findings
}

/// Returns the finding about a cluster `without` the root that istiod of the other one signs with.
fn not_trusted(without: &str, with: &str) -> Finding {
    let message = format!(
        "the workloads of {without} do not trust the root certificate that istiod of {with} signs with"
    );
    let fix = format!(
        "have {without} trust the root certificates of {with} too (in root-cert.pem of secret cacerts, or in meshConfig.caCertificates with ISTIO_MULTIROOT_MESH=true), then restart istiod and the workloads"
    );
    Finding::new(CheckId::RootPartial, Severity::Error, message).fix(fix)
}

fn differs(context: &str, peer: &str) -> Finding {
    let message = format!("clusters {context} and {peer} trust no common root certificate");
    Finding::new(CheckId::RootDiffers, Severity::Error, message)
        .in_cluster(context)
        .with_peer(peer)
        .fix("give all clusters intermediate CAs of one root (secret cacerts), then restart istiod and the workloads")
}

fn partial(context: &str, own: &BTreeSet<&str>, peer: &str, usual: &BTreeSet<&str>) -> Finding {
    let (more, fewer) = (own.difference(usual).count(), usual.difference(own).count());
    let message = format!(
        "cluster {context} trusts {} root certificates and {peer} {}: {more} only in {context}, {fewer} only in {peer}",
        own.len(),
        usual.len()
    );
    Finding::new(CheckId::RootPartial, Severity::Warning, message)
        .in_cluster(context)
        .with_peer(peer)
        .fix("finish the change of the root, until all clusters trust the same root certificates")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given = (
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
    );

    /// Returns the findings; of each cluster the roots that it trusts, and those of which one signs.
    fn told(of: &[Given]) -> Vec<String> {
        let known = of.iter().map(|(context, trusted, signing)| Trust {
            context,
            trusted: trusted.iter().copied().collect(),
            signing: signing.to_vec(),
        });
        let found = compared(&known.collect::<Vec<Trust<'_>>>()).into_iter();
        let shown = |one: Finding| {
            let place = one.details().expect("it has a place");
            let [cluster, peer] = [&place.cluster, &place.peer].map(|one| one.as_deref());
            let severity = one.severity.word();
            format!(
                "{severity} {} {} {}",
                one.id,
                cluster.unwrap(),
                peer.unwrap()
            )
        };
        found.map(shown).collect()
    }

    #[test]
    fn the_odd_root_is_reported_and_an_unfinished_change_is_a_warning() {
        let (one, two, both): (&[_], &[_], &[_]) = (&["one"], &["two"], &["one", "two"]);
        for (clusters, expected) in [
            (vec![], vec![]),
            (vec![("a", one, one)], vec![]),
            (vec![("a", one, one), ("b", one, one)], vec![]),
            (
                vec![("a", one, one), ("b", two, two)],
                vec!["error root-differs b a"],
            ),
            (
                vec![("a", two, two), ("b", one, one), ("c", one, one)],
                vec!["error root-differs a b"],
            ),
            // It is not known which of both b signs with, or it is the one that the others trust.
            (
                vec![("a", one, one), ("b", both, both), ("c", one, one)],
                vec!["warning root-partial b a"],
            ),
            (
                vec![("a", one, one), ("b", both, one), ("c", one, one)],
                vec!["warning root-partial b a"],
            ),
            // All trust both.
            (vec![("a", both, one), ("b", both, two)], vec![]),
            // A cluster that trusts both roots is between two that do not trust one another.
            (
                vec![("a", one, one), ("b", two, two), ("c", both, both)],
                vec![
                    "error root-differs b a",
                    "warning root-partial b a",
                    "warning root-partial c a",
                ],
            ),
        ] {
            assert_eq!(told(&clusters), expected, "{clusters:?}");
        }
    }

    #[test]
    fn each_has_to_trust_the_root_that_the_other_one_signs_with() {
        let (one, two, both): (&[_], &[_], &[_]) = (&["one"], &["two"], &["one", "two"]);
        for (clusters, expected) in [
            (
                vec![("a", both, one), ("b", two, two)],
                vec!["error root-partial b a"],
            ),
            (
                vec![("b", two, two), ("a", both, one)],
                vec!["error root-partial b a"],
            ),
            // One signs with the next root before the others trust it, and one is late.
            (
                vec![("a", one, one), ("b", both, two), ("c", one, one)],
                vec!["error root-partial b a"],
            ),
            (
                vec![("a", both, two), ("b", one, one), ("c", both, two)],
                vec!["error root-partial b a"],
            ),
            // Between the other two nobody knows.
            (
                vec![("a", one, one), ("b", two, two), ("c", both, one)],
                vec!["error root-differs b a", "error root-partial b c"],
            ),
        ] {
            assert_eq!(told(&clusters), expected, "{clusters:?}");
        }
    }
}
