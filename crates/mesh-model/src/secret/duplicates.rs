//! Secrets of one holder with the same data key: istiod uses the one that it sees first, and does not read another one
//! again before that one changes, not even after the first is deleted.

use std::collections::BTreeMap;

use crate::command::{Command, Kubectl, Remedy, named};
use crate::finding::{CheckId, Finding, Severity};
use crate::names::READ_AGAIN_AFTER;
use crate::remote_secret::has_label;

use super::found::FoundSecret;
use super::remedies::{delete, namespace};
use super::replace::kept as kept_by_others;
use super::used::{KnownClusters, used_secret};

/// The secrets of each data key that has several.
pub(super) struct Duplicates<'a> {
    by_key: BTreeMap<&'a str, Group<'a>>,
    /// The reason for which it is not known which of them istiod uses.
    reason: Option<&'a str>,
}

/// The secrets of one data key, by their numbers. There may be thousands, and each of them has as many duplicates.
struct Group<'a> {
    numbers: Vec<usize>,
    keep: Keep,
    /// The name of the one that istiod uses, if that is known.
    used: Option<&'a str>,
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
    /// Finds them; `fails` has for each whether it fails, if that is known.
    pub(super) fn of(
        found: &[&'a FoundSecret],
        fails: &BTreeMap<(usize, &'a str), Option<bool>>,
        used: &'a KnownClusters,
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
                let first = found[numbers[0]];
                let used = used_secret(used, namespace(first), key);
                let judged: Vec<(usize, Option<bool>)> = numbers
                    .iter()
                    .map(|&number| (number, fails.get(&(number, key)).copied().flatten()))
                    .collect();
                let is_used = |number: usize| used == Some(found[number].name());
                let keep = keep(&judged, is_used);
                let group = Group {
                    numbers,
                    keep,
                    used,
                };
                (key, group)
            })
            .collect();
        Self {
            by_key,
            reason: used.reason(),
        }
    }

    /// Returns the finding about the key of a secret that has duplicates.
    pub(super) fn finding(
        &self,
        found: &[&FoundSecret],
        number: usize,
        key: &str,
    ) -> Option<Finding> {
        let group = self.by_key.get(key)?;
        let mut others = group.numbers.iter().copied().filter(|one| *one != number);
        let is_one_of_them = group.numbers.binary_search(&number).is_ok();
        let other = others.next().filter(|_| is_one_of_them)?;
        let name = found[other].name();
        let who = match group.numbers.len() - 2 {
            0 => format!("secret {name} gives"),
            more => format!("secret {name} and {more} more give"),
        };
        let message =
            format!("{who} access to cluster {key} too, and istiod uses only one of them");
        let fix = match group.keep {
            Keep::This(kept) if kept != number => surplus(found[number], found[kept], key),
            Keep::This(_) if group.numbers.len() == 2 => surplus(found[other], found[number], key),
            Keep::This(kept) => format!(
                "keep secret {}, and delete the others for cluster {} with the commands below them",
                named(found[kept].name()),
                named(key)
            )
            .into(),
            Keep::NoneWorks => "none of them works: delete all but one with kubectl mesh-secret delete, and create that one again with kubectl mesh-secret create".into(),
            Keep::Unknown => self.unknown(),
        };
        let used = group.used.map(|name| {
            format!("istiod uses secret {name} for cluster {key}, as its page of clusters shows")
        });
        let finding = Finding::new(CheckId::SecretDuplicate, Severity::Error, message);
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

/// Returns the remedy that deletes the one, and makes istiod read the other again.
fn surplus(doomed: &FoundSecret, kept: &FoundSecret, key: &str) -> Remedy {
    if let Some(step) = kept_by_others(doomed) {
        return step.into();
    }
    let uid = doomed.facts.uid();
    match (&doomed.context, uid) {
        (Some(context), Some(uid)) if doomed.has_only(key) => {
            let namespace = namespace(doomed);
            delete(&doomed.kubectl, context, namespace, doomed.name())
                .then(read_again(&kept.kubectl, namespace, kept.name(), uid))
                .into()
        }
        _ => format!(
            "remove data key {} from secret {}, and then annotate secret {}, since istiod reads it again only when it changes",
            named(key),
            named(doomed.name()),
            named(kept.name())
        )
        .into(),
    }
}

/// Returns the command that makes istiods read the remaining secret again after the one with this UID was deleted: it
/// sets an annotation to a new value.
pub fn read_again(kubectl: &Kubectl, namespace: &str, secret: &str, gone_uid: &str) -> Command {
    kubectl
        .in_namespace(namespace)
        .words("annotate --overwrite secret")
        .arg(secret)
        .pair(READ_AGAIN_AFTER, gone_uid)
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
        let duplicates = Duplicates::of(found, &fails, used);
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

    #[test]
    fn both_secrets_are_told_the_same_command() {
        let (one, other) = (secret("a", "west"), secret("b", "west"));
        let told = findings(&[&one, &other], &[Some(true)], &KnownClusters::NotAsked);
        for finding in told {
            let fix = finding.and_then(|finding| finding.fix);
            let fix = fix.map(|fix| fix.to_string());
            assert_eq!(
                fix.as_deref(),
                Some(
                    "kubectl mesh-secret delete secret/a --context east && kubectl --context east -n istio-system annotate --overwrite secret b mesh.istio-multicluster.dev/read-again-after=uid-of-a"
                )
            );
        }
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
        for finding in findings(&[&one, &other], &[], &used) {
            let details = finding.and_then(|finding| finding.details().cloned());
            let seen = "istiod uses secret b for cluster west, as its page of clusters shows";
            assert_eq!(details.map(|one| one.evidence), Some(vec![seen.to_owned()]));
        }
    }

    #[test]
    fn where_it_is_not_known_which_one_stays_nothing_is_deleted_by_a_command() {
        let (one, other) = (secret("a", "west"), secret("b", "west"));
        let unread = KnownClusters::Failed("ports may not be forwarded".into());
        for used in [&KnownClusters::NotAsked, &unread] {
            for finding in findings(&[&one, &other], &[], used) {
                let fix = finding.and_then(|finding| finding.fix);
                assert!(fix.is_some_and(|fix| fix.kind() == "step"));
            }
        }
    }

    #[test]
    fn each_of_many_duplicates_is_told_of_one_and_how_many_more() {
        let all: Vec<FoundSecret> = (0..8_000)
            .map(|number| secret(&format!("s{number}"), "west"))
            .collect();
        let all: Vec<&FoundSecret> = all.iter().collect();
        for (number, finding) in findings(&all, &[], &KnownClusters::NotAsked)
            .iter()
            .enumerate()
        {
            let first = if number == 0 { "s1" } else { "s0" };
            let expected = format!("secret {first} and 7998 more give access to cluster west too");
            let message = finding.as_ref().map(|finding| finding.message.as_str());
            assert!(message.is_some_and(|message| message.starts_with(&expected)));
        }
        let alone = secret("a", "north");
        let fails = BTreeMap::from([((0, "north"), None)]);
        let duplicates = Duplicates::of(&[&alone], &fails, &KnownClusters::NotAsked);
        assert!(duplicates.finding(&[&alone], 0, "north").is_none());
    }
}
