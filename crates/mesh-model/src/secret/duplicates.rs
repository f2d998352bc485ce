//! Secrets of one holder with the same data key: istiod uses the one that it sees first, and does not read another one
//! again before that one changes, not even after the first is deleted.

use std::collections::BTreeMap;

use crate::change::ObjectRef;
use crate::command::Remedy;
use crate::finding::{CheckId, Finding, Severity};
use crate::remote_secret::has_label;

use super::found::FoundSecret;
use super::remedies::{MOST_NAMED, namespace, without};
use super::used::{KnownClusters, used_secret};

/// The secrets of each data key that has several.
pub(super) struct Duplicates<'a> {
    by_key: BTreeMap<&'a str, Group<'a>>,
    /// The reason for which it is not known which of them istiod uses.
    reason: Option<&'a str>,
}

/// The secrets of one data key. There may be thousands.
struct Group<'a> {
    /// Their numbers.
    numbers: Vec<usize>,
    keep: Keep,
    /// The number of the one beside which the finding stands.
    place: usize,
    /// The name of the one that istiod uses, if that is known.
    used: Option<&'a str>,
}

impl Group<'_> {
    /// Returns those that are to be deleted; all, where it is not known which one is to stay.
    fn surplus(&self) -> impl Iterator<Item = usize> {
        let kept = match self.keep {
            Keep::This(kept) => Some(kept),
            Keep::NoneWorks | Keep::Unknown => None,
        };
        let all = self.numbers.iter().copied();
        all.filter(move |number| Some(*number) != kept)
    }
}

/// The one to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    This(usize),
    /// None: all of them are known to fail.
    NoneWorks,
    Unknown,
}

impl<'a> Duplicates<'a> {
    /// Finds them; `fails` has for each whether it fails, if that is known. The finding about a group stands beside one of the first
    /// `reported` secrets.
    pub(super) fn of(
        found: &[&'a FoundSecret],
        fails: &BTreeMap<(usize, &'a str), Option<bool>>,
        used: &'a KnownClusters,
        reported: usize,
    ) -> Self {
        let mut with_key: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
        for &(number, key) in fails.keys() {
            if has_label(&found[number].facts.secret) {
                with_key.entry(key).or_default().push(number);
            }
        }
        let several = with_key
            .into_iter()
            .filter(|(_, numbers)| numbers.len() > 1);
        let by_key = several
            .map(|(key, numbers)| {
                let first = numbers[0];
                let used = used_secret(used, namespace(found[first]), key);
                let judged: Vec<(usize, Option<bool>)> = numbers
                    .iter()
                    .map(|&number| (number, fails.get(&(number, key)).copied().flatten()))
                    .collect();
                let is_used = |number: usize| used == Some(found[number].name());
                let mut group = Group {
                    numbers,
                    keep: keep(&judged, is_used),
                    place: first,
                    used,
                };
                let place = {
                    let mut places = group.surplus().chain(group.numbers.iter().copied());
                    places.find(|number| *number < reported)
                };
                group.place = place.unwrap_or(first);
                (key, group)
            })
            .collect();
        Self {
            by_key,
            reason: used.reason(),
        }
    }

    /// Returns whether the key of a secret is to be deleted, or one of several of which it is not known which one is.
    pub(super) fn is_surplus(&self, number: usize, key: &str) -> bool {
        let group = self.by_key.get(key);
        group.is_some_and(|group| {
            let is_kept = group.keep == Keep::This(number);
            !is_kept && group.numbers.binary_search(&number).is_ok()
        })
    }

    /// Returns the finding about all secrets with a key, for the one beside which it stands.
    pub(super) fn finding(
        &self,
        found: &[&FoundSecret],
        number: usize,
        key: &str,
    ) -> Option<Finding> {
        let group = self.by_key.get(key)?;
        if group.place != number {
            return None;
        }
        let surplus: Vec<&FoundSecret> = group.surplus().map(|number| found[number]).collect();
        let names = listed(&surplus);
        let (who, fix): (String, Remedy) = match group.keep {
            Keep::This(kept) => (
                format!(
                    "{} (to keep) and {names} (to delete)",
                    found[kept].name()
                ),
                without(&surplus, found[kept], key),
            ),
            Keep::NoneWorks => (
                names,
                "none of them works: delete all but one with kubectl mesh-secret delete, and create that one again with kubectl mesh-secret create".into(),
            ),
            Keep::Unknown => (names, self.unknown()),
        };
        let message = format!(
            "secrets {who} are for the same cluster {key}, and istiod uses only one of them"
        );
        let used = group.used.map(|name| {
            format!("istiod uses secret {name} for cluster {key}, as its page of clusters shows")
        });
        let first = surplus.first()?;
        let finding = Finding::new(CheckId::SecretDuplicate, Severity::Error, message);
        let finding = finding.about(ObjectRef::secret(namespace(first), first.name()));
        Some(finding.shown_by(used).fix(fix))
    }

    fn unknown(&self) -> Remedy {
        let why = self
            .reason
            .map(|reason| format!(" (which one istiod uses could not be read: {reason})"))
            .unwrap_or_default();
        format!(
            "keep the one that works (kubectl mesh-secret inspect --probe) or, if all do, the one that istiod uses (istioctl remote-clusters), delete the other with kubectl mesh-secret delete, and then annotate the one that stays, since istiod looks at it again only once it changes{why}"
        )
        .into()
    }
}

/// Returns the names of the first secrets, and the number of the others.
fn listed(secrets: &[&FoundSecret]) -> String {
    let names: Vec<&str> = secrets.iter().map(|one| one.name()).collect();
    match names.as_slice() {
        [all @ .., last] if names.len() <= MOST_NAMED && !all.is_empty() => {
            format!("{} and {last}", all.join(", "))
        }
        several if names.len() > MOST_NAMED => {
            let more = names.len() - MOST_NAMED;
            format!("{} and {more} more", several[..MOST_NAMED].join(", "))
        }
        few => few.concat(),
    }
}

/// Returns the one that works if the others fail, otherwise the one that istiod uses.
fn keep(judged: &[(usize, Option<bool>)], is_used: impl Fn(usize) -> bool) -> Keep {
    let alive: Vec<usize> = judged
        .iter()
        .filter(|(_, fails)| *fails != Some(true))
        .map(|(number, _)| *number)
        .collect();
    match alive.as_slice() {
        [] => Keep::NoneWorks,
        [one] => Keep::This(*one),
        several => {
            let used = several.iter().find(|number| is_used(**number));
            used.map_or(Keep::Unknown, |number| Keep::This(*number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::SecretFacts;
    use super::super::pool::SecretPool;
    use k8s_openapi::api::core::v1::Secret;

    use super::*;
    use crate::istiod_pages::KnownCluster;

    fn secret(name: &str, key: &str) -> FoundSecret {
        let secret: Secret = serde_json::from_value(serde_json::json!({
            "metadata": {"name": name, "uid": format!("uid-of-{name}"), "labels": {"istio/multiCluster": "true"}},
            "data": {key: ""},
        }))
        .expect("it is a Secret");
        FoundSecret {
            facts: SecretFacts::split(secret, &SecretPool::of_tests()).0,
            ..FoundSecret::in_east()
        }
    }

    fn findings(
        found: &[&FoundSecret],
        fails: &[Option<bool>],
        used: &KnownClusters,
    ) -> Vec<Option<Finding>> {
        let fails: BTreeMap<(usize, &str), Option<bool>> = (0..found.len())
            .map(|number| ((number, "west"), fails.get(number).copied().flatten()))
            .collect();
        let duplicates = Duplicates::of(found, &fails, used, usize::MAX);
        let all = 0..found.len();
        all.map(|number| duplicates.finding(found, number, "west"))
            .collect()
    }

    #[test]
    fn the_one_that_works_stays_and_else_the_one_that_istiod_uses() {
        use Keep::{NoneWorks, This, Unknown};
        let (fails, works, unknown) = (Some(true), Some(false), None);
        for (judged, used, expected) in [
            (&[fails, works][..], None, This(1)),
            // The one that istiod uses fails.
            (&[fails, works], Some(0), This(1)),
            (&[fails, unknown], Some(0), This(1)),
            (&[works, works], Some(1), This(1)),
            (&[works, works], None, Unknown),
            (&[unknown, unknown], Some(0), This(0)),
            (&[unknown, unknown], None, Unknown),
            (&[fails, works, works], Some(0), Unknown),
            (&[fails, works, works], Some(2), This(2)),
            (&[fails, fails], Some(0), NoneWorks),
        ] {
            let judged: Vec<_> = judged.iter().copied().enumerate().collect();
            let kept = keep(&judged, |number| used == Some(number));
            assert_eq!(kept, expected, "{judged:?} {used:?}");
        }
    }

    /// The only finding of several, with the place that it has.
    fn only(
        found: &[&FoundSecret],
        fails: &[Option<bool>],
        used: &KnownClusters,
    ) -> (usize, Finding) {
        let all = findings(found, fails, used).into_iter().enumerate();
        let mut told = all.filter_map(|(number, one)| Some((number, one?)));
        let first = told.next().expect("it is found");
        assert_eq!(told.next(), None);
        first
    }

    #[test]
    fn one_finding_names_the_secret_that_stays_and_the_others() {
        let all = [
            secret("a", "west"),
            secret("b", "west"),
            secret("c", "west"),
        ];
        let (not_asked, fails) = (KnownClusters::NotAsked, Some(true));
        for (count, judged, place, who, fix) in [
            (
                2,
                &[fails][..],
                0,
                "b (to keep) and a (to delete)",
                "kubectl mesh-secret delete secret/a --context east && kubectl --context east -n istio-system annotate --overwrite secret b mesh.istio-multicluster.dev/read-again-after=uid-of-a",
            ),
            (
                3,
                &[None, fails, fails],
                1,
                "a (to keep) and b and c (to delete)",
                "kubectl mesh-secret delete secret/b secret/c --context east && kubectl --context east -n istio-system annotate --overwrite secret a mesh.istio-multicluster.dev/read-again-after=uid-of-b",
            ),
        ] {
            let found: Vec<&FoundSecret> = all[..count].iter().collect();
            let (number, finding) = only(&found, judged, &not_asked);
            assert_eq!(number, place);
            assert_eq!(
                finding.message,
                format!(
                    "secrets {who} are for the same cluster west, and istiod uses only one of them"
                )
            );
            assert_eq!(finding.fix.map(|fix| fix.to_string()).as_deref(), Some(fix));
        }
    }

    #[test]
    fn what_is_not_reported_is_told_beside_what_is() {
        let (one, other) = (secret("a", "west"), secret("b", "west"));
        let found = [&one, &other];
        let fails = BTreeMap::from([((0, "west"), None), ((1, "west"), Some(true))]);
        let duplicates = Duplicates::of(&found, &fails, &KnownClusters::NotAsked, 1);
        let finding = duplicates.finding(&found, 0, "west").expect("it is found");
        assert!(duplicates.finding(&found, 1, "west").is_none());
        let object = finding.details().and_then(|place| place.object.clone());
        assert_eq!(object, Some(ObjectRef::secret("istio-system", "b")));
        assert!(!duplicates.is_surplus(0, "west") && duplicates.is_surplus(1, "west"));
    }

    #[test]
    fn the_secret_that_istiod_uses_is_the_evidence() {
        let (one, other) = (secret("a", "west"), secret("b", "west"));
        let known = KnownCluster {
            id: "west".to_owned(),
            secret_name: "istio-system/b".to_owned(),
            sync_status: "synced".to_owned(),
        };
        let used = KnownClusters::Seen(vec![vec![known]]);
        let (_, finding) = only(&[&one, &other], &[], &used);
        let details = finding.details().cloned();
        let seen = "istiod uses secret b for cluster west, as its page of clusters shows";
        assert_eq!(details.map(|one| one.evidence), Some(vec![seen.to_owned()]));
    }

    #[test]
    fn where_it_is_not_known_which_one_stays_nothing_is_deleted_by_a_command() {
        let (one, other) = (secret("a", "west"), secret("b", "west"));
        let unread = KnownClusters::Failed("ports may not be forwarded".into());
        for used in [&KnownClusters::NotAsked, &unread] {
            let (_, finding) = only(&[&one, &other], &[], used);
            assert!(
                finding
                    .message
                    .starts_with("secrets a and b are for the same cluster west")
            );
            assert!(finding.fix.is_some_and(|fix| fix.kind() == "step"));
        }
    }

    #[test]
    fn many_duplicates_are_one_finding_with_the_first_names() {
        let all: Vec<FoundSecret> = (0..8_000)
            .map(|number| secret(&format!("s{number}"), "west"))
            .collect();
        let all: Vec<&FoundSecret> = all.iter().collect();
        let (_, finding) = only(&all, &[], &KnownClusters::NotAsked);
        let expected = "secrets s0, s1, s2, s3, s4 and 7995 more are for the same cluster west";
        assert!(finding.message.starts_with(expected), "{}", finding.message);
        let mut judged = vec![Some(true); 8_000];
        judged[0] = None;
        let (_, finding) = only(&all, &judged, &KnownClusters::NotAsked);
        assert!(finding.fix.is_some_and(|fix| fix.kind() == "step"));
        let alone = secret("a", "north");
        let fails = BTreeMap::from([((0, "north"), None)]);
        let duplicates = Duplicates::of(&[&alone], &fails, &KnownClusters::NotAsked, 1);
        assert!(duplicates.finding(&[&alone], 0, "north").is_none());
    }
}
