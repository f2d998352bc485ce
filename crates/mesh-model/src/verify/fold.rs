//! Root causes: findings that others explain are listed under their cause, and are not counted.

use std::collections::BTreeMap;

use super::causes::{CAUSES, Cause, LAST_CAUSES, OF_A_PAIR};
use super::relation::{Place, Relation, access};
use crate::finding::{Finding, Severity};

/// A finding, with the findings that it explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCause {
    /// The cause. Its severity is that of the worst effect, if that is worse than its own.
    pub finding: Finding,
    /// The findings that it explains, in the order of the checks.
    pub effects: Vec<Finding>,
}

impl RootCause {
    /// Returns the finding as one that explains no other.
    pub(super) fn alone(finding: Finding) -> Self {
        Self {
            finding,
            effects: Vec::new(),
        }
    }
}

/// Returns the root causes among all findings, in their order. Notes (severity info) explain nothing and need no cause.
pub fn fold(findings: Vec<Finding>) -> Vec<RootCause> {
    let causes = Causes::of(&findings);
    let causes: Vec<Option<usize>> = findings.iter().map(|one| causes.explain(one)).collect();
    let root = |mut number: usize| {
        // Each cause is an earlier check of the table than its effect, so this ends.
        while let Some(cause) = causes[number] {
            number = cause;
        }
        number
    };
    let roots: Vec<usize> = (0..findings.len()).map(root).collect();
    let mut folded: Vec<Option<RootCause>> = Vec::new();
    let mut explained = Vec::new();
    for (number, finding) in findings.into_iter().enumerate() {
        if roots[number] == number {
            folded.push(Some(RootCause::alone(finding)));
        } else {
            folded.push(None);
            explained.push((roots[number], finding));
        }
    }
    for (root, effect) in explained {
        if let Some(cause) = &mut folded[root] {
            cause.finding.severity = cause.finding.severity.max(effect.severity);
            cause.effects.push(effect);
        }
    }
    let mut folded: Vec<RootCause> = folded.into_iter().flatten().collect();
    for cause in &mut folded {
        cause.effects.sort_by_key(|effect| effect.id as usize);
    }
    folded
}

/// The findings that may explain others, by what their effects have in common with them: there may be thousands. Of several with
/// the same check and place the first counts.
#[derive(Default)]
struct Causes<'f> {
    /// With false all of them, with true the errors alone.
    by_relation: BTreeMap<(usize, bool, Relation, Place<'f>), usize>,
    /// The errors about the access of one cluster to another.
    by_access: BTreeMap<(usize, Place<'f>), usize>,
}

impl<'f> Causes<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let mut causes = Self::default();
        let numbered = findings.iter().enumerate();
        for (number, finding) in numbered.filter(|(_, one)| one.severity > Severity::Info) {
            let check = finding.id as usize;
            let is_error = finding.severity == Severity::Error;
            for relation in Relation::ALL {
                let Some(place) = relation.of_cause(finding) else {
                    continue;
                };
                for errors_alone in [false, true].into_iter().filter(|alone| is_error || !alone) {
                    let cause = (check, errors_alone, relation, place);
                    causes.by_relation.entry(cause).or_insert(number);
                }
            }
            if is_error && let Some(place) = access(finding) {
                causes.by_access.entry((check, place)).or_insert(number);
            }
        }
        causes
    }

    /// Returns the number of the finding that explains this one: by the first row of the table, the one that is nearest to the root.
    fn explain(&self, effect: &Finding) -> Option<usize> {
        if effect.severity == Severity::Info {
            return None;
        }
        let by_table = self.explain_by(CAUSES, effect);
        let by_access = || self.explain_access(effect);
        by_table
            .or_else(by_access)
            .or_else(|| self.explain_by(LAST_CAUSES, effect))
    }

    fn explain_by(&self, rows: &[Cause], effect: &Finding) -> Option<usize> {
        let mut rows = rows.iter().filter(|row| row.effects.contains(&effect.id));
        rows.find_map(|row| {
            let place = row.relation.of_effect(effect)?;
            let cause = (row.root as usize, row.is_error, row.relation, place);
            self.by_relation.get(&cause).copied()
        })
    }

    /// Returns the number of the first error about the same access of one cluster to another.
    fn explain_access(&self, effect: &Finding) -> Option<usize> {
        let place = OF_A_PAIR.iter().position(|check| *check == effect.id)?;
        let access = access(effect)?;
        let mut earlier = OF_A_PAIR[..place].iter();
        earlier.find_map(|check| self.by_access.get(&(*check as usize, access)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::ObjectRef;
    use crate::finding::CheckId;

    /// Returns findings in such places that the relation holds.
    fn related(cause: CheckId, relation: Relation, effect: CheckId) -> [Finding; 2] {
        let [cause, effect] =
            [cause, effect].map(|id| Finding::new(id, Severity::Error, id.as_str()));
        let gateway = || ObjectRef::new("service", "gw");
        match relation {
            Relation::SameCluster => [cause.in_cluster("east"), effect.in_cluster("east")],
            Relation::SamePair => [
                cause.in_cluster("east").with_peer("west"),
                effect.in_cluster("west").with_peer("east"),
            ],
            Relation::PeerOfEffect => [
                cause.in_cluster("east"),
                effect.in_cluster("west").with_peer("east"),
            ],
            Relation::SameObject => [
                cause.in_cluster("east").about(gateway()),
                effect.in_cluster("east").about(gateway()),
            ],
        }
    }

    #[test]
    fn each_row_folds_its_effects_and_each_side_alone_is_a_root() {
        for row in CAUSES.iter().chain(LAST_CAUSES) {
            for effect in row.effects {
                let both = related(row.root, row.relation, *effect);
                for turned in [false, true] {
                    let mut found = both.to_vec();
                    if turned {
                        found.reverse();
                    }
                    let folded = fold(found);
                    assert_eq!(folded.len(), 1, "{} {effect}", row.root);
                    assert_eq!(folded[0].finding, both[0]);
                    assert_eq!(folded[0].effects, [both[1].clone()]);
                }
                for alone in both {
                    let folded = fold(vec![alone.clone()]);
                    assert!(folded.len() == 1 && folded[0].effects.is_empty());
                    assert_eq!(folded[0].finding, alone);
                }
            }
        }
    }

    #[test]
    fn the_table_has_no_circle_because_no_effect_is_the_root_of_an_earlier_row() {
        let all: Vec<&Cause> = CAUSES.iter().chain(LAST_CAUSES).collect();
        for (number, row) in all.iter().enumerate() {
            for earlier in &all[..=number] {
                assert!(
                    !row.effects.contains(&earlier.root),
                    "{} → {}",
                    row.root,
                    earlier.root
                );
            }
        }
        // The order of the secrets' checks and the table do not contradict each other.
        let place = |id: CheckId| OF_A_PAIR.iter().position(|secret| *secret == id);
        for row in CAUSES {
            for effect in row.effects {
                if let (Some(first), Some(then)) = (place(row.root), place(*effect)) {
                    assert!(first < then, "{} → {effect}", row.root);
                }
            }
        }
    }

    #[test]
    fn of_the_errors_about_one_secret_the_first_explains_the_others() {
        for (number, cause) in OF_A_PAIR.iter().enumerate() {
            for effect in &OF_A_PAIR[number + 1..] {
                let of = |id: CheckId, severity| {
                    let finding = Finding::new(id, severity, id.as_str());
                    finding.in_cluster("east").with_peer("west")
                };
                let (first, then) = (of(*cause, Severity::Error), of(*effect, Severity::Error));
                let folded = fold(vec![then.clone(), first.clone()]);
                assert_eq!(
                    (folded.len(), &folded[0].finding),
                    (1, &first),
                    "{cause} {effect}"
                );
                // Nobody has a context for the cluster, and it is the same secret.
                let alone = |id: CheckId| {
                    let finding = Finding::new(id, Severity::Error, "").in_cluster("east");
                    finding.about(ObjectRef::secret("istio-system", "s"))
                };
                let folded = fold(vec![alone(*effect), alone(*cause)]);
                assert_eq!((folded.len(), folded[0].finding.id), (1, *cause));
                // A warning breaks nothing, so it explains no error.
                let folded = fold(vec![then.clone(), of(*cause, Severity::Warning)]);
                assert_eq!(folded.len(), 2, "{cause} {effect}");
            }
        }
        let one = Finding::new(CheckId::SecretSelf, Severity::Error, "").in_cluster("east");
        let other = Finding::new(CheckId::SecretRbac, Severity::Error, "").in_cluster("west");
        let folded = fold(vec![one.with_peer("west"), other.with_peer("east")]);
        assert_eq!(folded.len(), 2, "they are about different secrets");
    }

    #[test]
    fn a_version_with_a_bug_explains_only_what_nothing_else_does() {
        let of = |id, severity| {
            let finding = Finding::new(id, severity, "").in_cluster("east");
            finding.with_peer("west")
        };
        let bug = of(CheckId::IstiodRotationBug, Severity::Warning);
        let closed = of(CheckId::ClusterzClosed, Severity::Error);
        let token = of(CheckId::SecretTokenInvalid, Severity::Error);
        let folded = fold(vec![bug.clone(), closed.clone()]);
        let severity = folded[0].finding.severity;
        assert_eq!((folded.len(), severity), (1, Severity::Error));
        let folded = fold(vec![bug, closed, token]);
        let roots: Vec<(&str, usize)> = folded
            .iter()
            .map(|one| (one.finding.id.as_str(), one.effects.len()))
            .collect();
        let expected = [("istiod-rotation-bug", 0), ("secret-token-invalid", 1)];
        assert_eq!(roots, expected);
    }

    #[test]
    fn the_whole_chain_is_under_its_root_and_lifts_its_severity() {
        let gateway = || ObjectRef::new("service", "gw");
        let of = |id, severity| {
            let finding = Finding::new(id, severity, "").in_cluster("east");
            finding.about(gateway())
        };
        let found = vec![
            of(CheckId::Probe15021, Severity::Warning),
            of(CheckId::Probe15443, Severity::Error),
            of(CheckId::EwgAddressHostname, Severity::Warning),
            of(CheckId::EwgNetworkView, Severity::Warning),
        ];
        let folded = fold(found);
        let roots: Vec<(&str, Severity)> = folded
            .iter()
            .map(|one| (one.finding.id.as_str(), one.finding.severity))
            .collect();
        assert_eq!(
            roots,
            [
                ("ewg-address-hostname", Severity::Error),
                ("ewg-network-view", Severity::Warning)
            ]
        );
        let effects: Vec<&str> = folded[0]
            .effects
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        assert_eq!(effects, ["probe-15021", "probe-15443"]);
    }

    #[test]
    fn of_several_causes_the_first_explains_all_effects() {
        let of = |id, peer: String| {
            let finding = Finding::new(id, Severity::Error, "").in_cluster("east");
            finding.with_peer(peer)
        };
        let late = |number| of(CheckId::SecretTokenExpiry, format!("west-{number}"));
        let label = |number| of(CheckId::SecretLabel, format!("west-{number}"));
        let mut found: Vec<Finding> = (0..3_000).map(late).collect();
        found.extend((0..3_000).flat_map(|number| [label(number), label(number)]));
        let folded = fold(found);
        assert_eq!(folded.len(), 6_000);
        for (number, both) in folded.chunks(2).enumerate() {
            assert_eq!(both[0].effects, [late(number)]);
            assert_eq!(both[1].effects, []);
        }
    }

    #[test]
    fn notes_explain_nothing_and_are_not_explained() {
        let [cause, effect] = related(
            CheckId::ContextSameCluster,
            Relation::SamePair,
            CheckId::SecretMissing,
        );
        let note = |mut finding: Finding| {
            finding.severity = Severity::Info;
            finding
        };
        assert_eq!(fold(vec![note(cause.clone()), effect.clone()]).len(), 2);
        assert_eq!(fold(vec![cause, note(effect)]).len(), 2);
    }
}
