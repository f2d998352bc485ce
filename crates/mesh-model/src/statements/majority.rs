//! The network, and the name of the cluster, that most parts have.

use std::collections::BTreeMap;

use super::{Part, Statement};

/// The value that most parts have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Most<'a> {
    /// No part has a value.
    None,
    /// This one.
    One(&'a str),
    /// Equally many parts have each of these, sorted.
    Tied(Vec<&'a str>),
}

/// Parts that count as one, because they are installed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Voice {
    Namespace,
    Istiod,
    Injector,
    Gateway,
    Ztunnel,
    Pods,
}

/// Returns the network of most parts.
pub fn network(statements: &[Statement]) -> Most<'_> {
    let said = statements.iter().map(|one| (one, one.network.as_deref()));
    most(said.filter(|(one, _)| one.part.knows_network()))
}

/// Returns the cluster name of most parts.
pub fn cluster(statements: &[Statement]) -> Most<'_> {
    let said = statements.iter().map(|one| (one, one.cluster.as_deref()));
    most(said.filter(|(one, _)| one.part.knows_cluster()))
}

impl<'a> Most<'a> {
    /// Returns the value, if there is exactly one.
    pub fn one(&self) -> Option<&'a str> {
        match self {
            Self::One(value) => Some(value),
            Self::None | Self::Tied(_) => None,
        }
    }

    /// Returns the value, or all that are tied.
    pub fn all(&self) -> Vec<&'a str> {
        match self {
            Self::None => Vec::new(),
            Self::One(value) => vec![value],
            Self::Tied(values) => values.clone(),
        }
    }
}

/// Returns the value with the highest score. Each voice has a weight, divided among the values of its objects. Scores
/// are whole numbers: the weights are multiplied by the product of the number of objects of all voices.
fn most<'a>(said: impl Iterator<Item = (&'a Statement, Option<&'a str>)>) -> Most<'a> {
    let mut voices: BTreeMap<Voice, BTreeMap<&str, u128>> = BTreeMap::new();
    for (one, value) in said {
        if let Some(value) = value {
            let values = voices.entry(voice(one.part)).or_default();
            *values.entry(value).or_default() += 1 + one.more.unwrap_or_default() as u128;
        }
    }
    let totals = voices.values().map(|values| values.values().sum::<u128>());
    let scale: u128 = totals.product();
    let mut scores: BTreeMap<&str, u128> = BTreeMap::new();
    for (voice, values) in voices {
        let total: u128 = values.values().sum();
        for (value, count) in values {
            *scores.entry(value).or_default() += weight(voice) * count * (scale / total);
        }
    }
    let Some(highest) = scores.values().max().copied() else {
        return Most::None;
    };
    let mut best = scores.into_iter().filter(|(_, score)| *score == highest);
    let best: Vec<&str> = best.by_ref().map(|(value, _)| value).collect();
    match best[..] {
        [one] => Most::One(one),
        _ => Most::Tied(best),
    }
}

fn voice(part: Part) -> Voice {
    match part {
        Part::Namespace => Voice::Namespace,
        Part::Istiod => Voice::Istiod,
        Part::Injector => Voice::Injector,
        Part::Gateway | Part::GatewayPods => Voice::Gateway,
        Part::Ztunnel => Voice::Ztunnel,
        Part::Pods => Voice::Pods,
    }
}

/// Returns the weight. Parts that decide about traffic have the highest: gateways and proxies, and istiod, which
/// rejects proxies with another cluster's name.
fn weight(voice: Voice) -> u128 {
    match voice {
        Voice::Namespace | Voice::Injector => 1,
        Voice::Istiod | Voice::Gateway | Voice::Ztunnel | Voice::Pods => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns parts with their values; `PART×3` are three objects with the same value.
    fn said(parts: &[(Part, usize, &str)]) -> Vec<Statement> {
        let one = |(part, count, value): &(Part, usize, &str)| Statement {
            more: Some(count - 1).filter(|more| *more > 0),
            ..Statement::new(
                *part,
                part.word().to_owned(),
                Some((*value).to_owned()),
                Some((*value).to_owned()),
            )
        };
        parts.iter().map(one).collect()
    }

    #[expect(clippy::too_many_lines, reason = "one row a mixture of parts")]
    #[test]
    fn the_network_of_most_parts_wins_and_traffic_weighs_most() {
        use Part::{Gateway, GatewayPods, Injector, Namespace, Pods, Ztunnel};
        for (parts, expected) in [
            (vec![], Most::None),
            (vec![(Namespace, 1, "a")], Most::One("a")),
            // One part differs, whichever it is.
            (
                vec![
                    (Namespace, 1, "b"),
                    (Injector, 1, "a"),
                    (Gateway, 1, "a"),
                    (GatewayPods, 1, "a"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            (
                vec![
                    (Namespace, 1, "a"),
                    (Injector, 1, "b"),
                    (Gateway, 1, "a"),
                    (GatewayPods, 1, "a"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            (
                vec![
                    (Namespace, 1, "a"),
                    (Injector, 1, "a"),
                    (Gateway, 1, "b"),
                    (GatewayPods, 1, "a"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            (
                vec![
                    (Namespace, 1, "a"),
                    (Injector, 1, "a"),
                    (Gateway, 1, "b"),
                    (GatewayPods, 1, "b"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            (
                vec![
                    (Namespace, 1, "a"),
                    (Injector, 1, "a"),
                    (Gateway, 1, "a"),
                    (GatewayPods, 1, "a"),
                    (Pods, 9, "b"),
                ],
                Most::One("a"),
            ),
            (
                vec![
                    (Namespace, 1, "a"),
                    (Injector, 1, "a"),
                    (Ztunnel, 1, "b"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            // Labels against traffic.
            (
                vec![
                    (Namespace, 1, "b"),
                    (Injector, 1, "b"),
                    (Gateway, 1, "a"),
                    (GatewayPods, 1, "a"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            (vec![(Namespace, 1, "b"), (Pods, 1, "a")], Most::One("a")),
            // Many pods are one voice, and pods with different values share it.
            (
                vec![
                    (Namespace, 1, "b"),
                    (Injector, 1, "b"),
                    (Gateway, 1, "b"),
                    (Pods, 100, "a"),
                ],
                Most::One("b"),
            ),
            (
                vec![(Namespace, 1, "a"), (Pods, 2, "a"), (Pods, 1, "b")],
                Most::One("a"),
            ),
            // A tie.
            (
                vec![(Namespace, 1, "b"), (Injector, 1, "a")],
                Most::Tied(vec!["a", "b"]),
            ),
            (
                vec![(Namespace, 1, "b"), (Injector, 1, "b"), (Pods, 5, "a")],
                Most::Tied(vec!["a", "b"]),
            ),
            (
                vec![(Pods, 1, "a"), (Pods, 1, "b"), (Pods, 1, "c")],
                Most::Tied(vec!["a", "b", "c"]),
            ),
        ] {
            let statements = said(&parts);
            assert_eq!(network(&statements), expected, "{parts:?}");
        }
    }

    #[test]
    fn so_does_the_name_of_the_cluster() {
        use Part::{GatewayPods, Injector, Istiod, Pods, Ztunnel};
        for (parts, expected) in [
            (
                vec![(Istiod, 1, "b"), (Injector, 1, "a"), (Pods, 1, "a")],
                Most::One("a"),
            ),
            (
                vec![(Istiod, 1, "a"), (Injector, 1, "b"), (Pods, 1, "a")],
                Most::One("a"),
            ),
            (
                vec![(Istiod, 1, "a"), (Injector, 1, "a"), (Pods, 9, "b")],
                Most::One("a"),
            ),
            (
                vec![
                    (Istiod, 1, "b"),
                    (Injector, 1, "b"),
                    (GatewayPods, 1, "a"),
                    (Ztunnel, 1, "a"),
                    (Pods, 1, "a"),
                ],
                Most::One("a"),
            ),
            (
                vec![(Istiod, 1, "b"), (Pods, 1, "a")],
                Most::Tied(vec!["a", "b"]),
            ),
        ] {
            let statements = said(&parts);
            assert_eq!(cluster(&statements), expected, "{parts:?}");
        }
    }
}
