//! Tells whom each secret is for, from all that was read and tried. Pure.

use std::collections::BTreeMap;

use mesh_common::model::meant_for::{Judged, Reached, Verdict};
use mesh_common::model::read::Read;

use super::observe::Seen;
use super::probe::Tried;
use crate::held::{
    Held, Known, Meant, Outcome, ProbeReport, SecretReport, Source, Sources, Trial, Trials, Used,
    meant,
};

/// Adds to the reports (same order as `seen.held`) what is to be said of whom each secret is for.
pub(super) fn compare(
    seen: &Seen,
    reports: &mut [SecretReport],
    tried: &BTreeMap<(usize, String), Tried>,
    sources: &Sources,
    allow_loopback: bool,
) {
    let homes = seen.held.iter().filter_map(|held| held.home.as_deref());
    let homes = homes.cloned();
    let read = tried
        .values()
        .flat_map(|tried| [&tried.source, &tried.called].into_iter().flatten())
        .filter_map(|source| source.as_ref().ok());
    // What was read of a holder as a holder counts as much as what was read of it as a source.
    let members = sources.members(read.map(Source::member).chain(homes));
    let not_asked = Used::default();
    for numbers in together(&seen.held) {
        let context = seen.held[numbers[0]].context.as_deref();
        let of_context = |held: &&Held| context.is_some() && held.context.as_deref() == context;
        let asked = numbers.iter().map(|&number| &seen.held[number]);
        let all: Vec<&Held> = asked.chain(seen.beside.iter().filter(of_context)).collect();
        let mut trials = Trials::new();
        for (place, number) in numbers.iter().enumerate() {
            let of_secret = (*number, String::new())..(*number + 1, String::new());
            trials.extend(tried.range(of_secret).map(|((_, key), tried)| {
                let trial = Trial {
                    uid: tried.uid.clone(),
                    works: tried.works,
                };
                ((place, key.clone()), trial)
            }));
        }
        let known = Known {
            members: &members,
            expected: sources
                .named()
                .and_then(|context| members.of_context(context)),
            used: context
                .and_then(|context| seen.used.get(context))
                .unwrap_or(&not_asked),
            allow_loopback,
        };
        let mut meant = meant(&all, &trials, known);
        for (place, number) in numbers.iter().enumerate() {
            for cluster in &mut reports[*number].clusters {
                let Some(found) = meant.remove(&(place, cluster.name.clone())) else {
                    continue;
                };
                let tried = tried.get(&(*number, cluster.name.clone()));
                if let Some((probe, tried)) = cluster.probe.as_mut().zip(tried) {
                    answer(probe, tried, &found);
                }
                cluster.findings.splice(0..0, found.findings);
            }
        }
    }
}

/// The numbers of the secrets of each holder; each secret out of a manifest by itself.
fn together(held: &[Held]) -> Vec<Vec<usize>> {
    let mut of_context: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (number, held) in held.iter().enumerate() {
        match held.context.as_deref() {
            Some(context) => of_context.entry(context).or_default().push(number),
            None => alone.push(vec![number]),
        }
    }
    of_context.into_values().chain(alone).collect()
}

/// Answers whether it is the right cluster, by the name that it has there.
fn answer(probe: &mut ProbeReport, tried: &Tried, meant: &Meant<'_>) {
    if tried.uid.is_none() && tried.unread.is_none() {
        return;
    }
    probe.right_cluster = right_cluster(tried, &meant.judged, meant);
    let is_right = matches!(probe.right_cluster, Outcome::Passed { .. });
    let istiods = match &tried.source {
        Some(Ok(source)) if is_right => &source.istiods,
        Some(_) | None => &Read::NotAsked,
    };
    if let Some(why) = istiods.reason() {
        probe.right_name = Some(Outcome::Skipped {
            detail: why.to_owned(),
        });
    }
}

fn right_cluster(tried: &Tried, judged: &Judged<'_>, meant: &Meant<'_>) -> Outcome {
    let skipped = |detail: &str| Outcome::Skipped {
        detail: detail.to_owned(),
    };
    if let Some(why) = &tried.unread {
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
    match (judged.reached, &tried.source, &tried.called) {
        (_, _, Some(Err(why))) | (_, Some(Err(why)), None) => skipped(why),
        (Reached::Member(member), _, _) if member.uid == tried.uid => Outcome::Passed {
            detail: format!("context {}", member.context),
        },
        (_, Some(Ok(source)), _) => {
            let why = source.uid.reason().unwrap_or("not read");
            skipped(&format!("context {}: {why}", source.context))
        }
        (_, Some(Err(why)), _) => skipped(why),
        (_, None, _) => skipped("not read"),
    }
}
