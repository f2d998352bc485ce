//! The rules for several entries of one holder that give access to one cluster. Each entry that istiod accepts
//! registers the cluster's endpoints once more, under its own name.

use std::collections::BTreeMap;

use super::{Entry, Member, Members, Verdict};
use crate::remote_secret::secret_name;

/// An entry, with its index.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'e, 'a> {
    pub number: usize,
    pub entry: &'e Entry<'a>,
}

/// Judges entries that give access to the same cluster: `member`, if it is a known one. Entries that are not returned
/// are fine.
pub(super) fn several<'a>(
    group: &[Candidate<'_, 'a>],
    member: Option<&'a Member>,
    members: &Members,
) -> Vec<(usize, Verdict<'a>)> {
    let is_named = member.is_some_and(|member| !member.ids.is_empty());
    let is_right =
        |one: &Candidate<'_, 'a>| member.is_some_and(|member| member.is_called(one.entry.key));
    let wrong_name = |one: &Candidate<'_, 'a>| {
        let member = member.filter(|_| is_named && !is_right(one))?;
        Some((one.number, Verdict::WrongName { member }))
    };
    let (looked_at, others): (Vec<_>, Vec<_>) = group
        .iter()
        .copied()
        .partition(|one| one.entry.is_looked_at);
    let mut verdicts: Vec<_> = others.iter().filter_map(wrong_name).collect();
    let (right, wrong): (Vec<_>, Vec<_>) = looked_at.into_iter().partition(is_right);
    if let Some(first) = right.first() {
        let right_in: BTreeMap<&str, &Candidate<'_, 'a>> =
            right.iter().map(|one| (one.entry.secret, one)).collect();
        verdicts.extend(wrong.iter().map(|one| {
            let verdict = match right_in.get(one.entry.secret) {
                Some(kept) => stray(one, kept, true),
                None => Verdict::Duplicate {
                    secret: first.entry.secret,
                    key: first.entry.key,
                    is_right: true,
                },
            };
            (one.number, verdict)
        }));
        return verdicts;
    }
    let (kept, strays) = one_a_secret(&wrong, members);
    verdicts.extend(strays);
    let Some(best) = kept.iter().copied().reduce(|best, one| {
        if evidence(&one, members) > evidence(&best, members) {
            one
        } else {
            best
        }
    }) else {
        return verdicts;
    };
    for one in &kept {
        let is_best = one.entry.key == best.entry.key;
        // The others are duplicates of the best entry, which is renamed if the right name is known.
        let duplicate = (!is_best).then(|| {
            let verdict = Verdict::Duplicate {
                secret: best.entry.secret,
                key: best.entry.key,
                is_right: false,
            };
            (one.number, verdict)
        });
        verdicts.extend(duplicate.or_else(|| wrong_name(one)));
    }
    verdicts
}

/// Returns one entry for each Secret, and the judgement of the other entries.
fn one_a_secret<'e, 'a>(
    wrong: &[Candidate<'e, 'a>],
    members: &Members,
) -> (Vec<Candidate<'e, 'a>>, Vec<(usize, Verdict<'a>)>) {
    let mut by_secret: BTreeMap<&str, Vec<Candidate<'e, 'a>>> = BTreeMap::new();
    for one in wrong {
        by_secret.entry(one.entry.secret).or_default().push(*one);
    }
    let (mut kept, mut strays) = (Vec::new(), Vec::new());
    for mut of_secret in by_secret.into_values() {
        of_secret.sort_by_key(|one| std::cmp::Reverse(evidence(one, members)));
        let [best, rest @ ..] = of_secret.as_slice() else {
            continue;
        };
        kept.push(*best);
        strays.extend(rest.iter().map(|one| {
            let is_known = evidence(best, members) > evidence(one, members);
            (one.number, stray(one, best, is_known))
        }));
    }
    (kept, strays)
}

fn stray<'a>(one: &Candidate<'_, 'a>, kept: &Candidate<'_, 'a>, is_known: bool) -> Verdict<'a> {
    Verdict::StrayKey {
        kept: kept.entry.key,
        is_known,
        is_same_access: one.entry.mark.is_some() && one.entry.mark == kept.entry.mark,
    }
}

/// Returns the evidence that the key of an entry is the cluster's name, the strongest first: a context of that name,
/// the annotation, and the name of the Secret.
fn evidence(one: &Candidate<'_, '_>, members: &Members) -> (bool, bool, bool) {
    let entry = one.entry;
    (
        !members.called(entry.key).is_empty(),
        entry.annotated == Some(entry.key),
        secret_name(entry.key) == entry.secret,
    )
}
