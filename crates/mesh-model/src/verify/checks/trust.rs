//! Checks of the root certificates that the proxies of each cluster trust.

use std::collections::BTreeSet;

use super::super::majority::most_common;
use crate::finding::{CheckId, Finding, Severity};
use crate::probe::Roots;
use crate::snapshot::ClusterSnapshot;

/// The fingerprints of the roots that the cluster of a context trusts.
type Trusted<'a> = (&'a str, BTreeSet<&'a str>);

/// Reports clusters without a root in common, and those that trust other roots than most, beside a common one.
///
/// The roots are those of the `ConfigMap` istio-ca-root-cert, which proxies use, so no Secret is needed to compare them.
pub(in crate::verify) fn roots(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let known = clusters.iter().filter_map(|cluster| {
        let roots: &Roots = cluster.roots.seen().filter(|roots| !roots.is_empty())?;
        let prints = roots.fingerprints().iter().map(String::as_str);
        Some((cluster.context.as_str(), prints.collect()))
    });
    compared(&known.collect::<Vec<Trusted<'_>>>())
}

fn compared(known: &[Trusted<'_>]) -> Vec<Finding> {
    let meets = |one: &Trusted<'_>, other: &Trusted<'_>| !one.1.is_disjoint(&other.1);
    let met_by = |one: &Trusted<'_>| known.iter().filter(|other| meets(one, other)).count();
    let mut most: Option<(&Trusted<'_>, usize)> = None;
    for one in known {
        let met = met_by(one);
        if most.is_none_or(|(_, most)| met > most) {
            most = Some((one, met));
        }
    }
    let Some((usual, _)) = most else {
        return Vec::new();
    };
    let (inside, outside): (Vec<_>, Vec<_>) = known.iter().partition(|one| meets(one, usual));
    let outside = outside.iter().map(|(context, _)| differs(context, usual.0));
    let mut findings: Vec<Finding> = outside.collect();
    for (number, one) in inside.iter().enumerate() {
        let apart = inside[..number].iter().filter(|other| !meets(one, other));
        findings.extend(apart.map(|other| differs(one.0, other.0)));
    }
    let sets: Vec<(&str, &BTreeSet<&str>)> = inside
        .iter()
        .map(|(context, set)| (*context, set))
        .collect();
    if let Some((usual_in, usual)) = most_common(&sets) {
        let others = sets.iter().filter(|(_, set)| *set != usual);
        findings.extend(others.map(|(context, set)| partial(context, set, usual_in, usual)));
    }
    findings
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

    fn told(of: &[(&'static str, &[&'static str])]) -> Vec<String> {
        let known = of
            .iter()
            .map(|(context, roots)| (*context, roots.iter().copied().collect()));
        let found = compared(&known.collect::<Vec<Trusted<'_>>>()).into_iter();
        let shown = |one: Finding| {
            let place = one.details().expect("it has a place");
            let [cluster, peer] = [&place.cluster, &place.peer].map(|one| one.as_deref());
            format!("{} {:?} {:?}", one.id, cluster.unwrap(), peer.unwrap())
        };
        found.map(shown).collect()
    }

    #[test]
    fn the_odd_root_is_reported_and_an_unfinished_change_is_a_warning() {
        let (one, two, both): (&[_], &[_], &[_]) = (&["one"], &["two"], &["one", "two"]);
        for (clusters, expected) in [
            (vec![], vec![]),
            (vec![("a", one)], vec![]),
            (vec![("a", one), ("b", one)], vec![]),
            (
                vec![("a", one), ("b", two)],
                vec![r#"root-differs "b" "a""#],
            ),
            (
                vec![("a", two), ("b", one), ("c", one)],
                vec![r#"root-differs "a" "b""#],
            ),
            (
                vec![("a", one), ("b", both), ("c", one)],
                vec![r#"root-partial "b" "a""#],
            ),
            // A cluster that trusts both roots is between two that do not trust one another.
            (
                vec![("a", one), ("b", two), ("c", both)],
                vec![
                    r#"root-differs "b" "a""#,
                    r#"root-partial "b" "a""#,
                    r#"root-partial "c" "a""#,
                ],
            ),
        ] {
            assert_eq!(told(&clusters), expected);
        }
    }
}
