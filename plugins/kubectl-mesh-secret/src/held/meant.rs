//! Whom the secrets of one holder are for, and what to do where that is wrong. Pure.

use std::collections::{BTreeMap, BTreeSet};

use mesh_common::model::cluster_name::ClusterId;
use mesh_common::model::command::{Remedy, named};
use mesh_common::model::finding::{CheckId, Finding, Severity};
use mesh_common::model::meant_for::{
    Entry, Judged, Member, Members, Mesh, Reached, Verdict, judge,
};
use mesh_common::model::remote_secret::{annotated_cluster, has_label};
use mesh_common::model::server;

use super::replace::{drop_key, make_in_place, remove};
use super::secret::Held;
use super::twins::Twins;
use super::used::Used;

/// What came of using a credential.
pub(crate) struct Trial {
    /// UID of the cluster that answered.
    pub uid: Option<String>,
    /// Whether the server accepted it; not known of one that is not reached from here.
    pub works: Option<bool>,
}

/// The trials that were made, by the number of the secret and its data key.
pub(crate) type Trials = BTreeMap<(usize, String), Trial>;

/// What all secrets of one holder are judged by.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The clusters of the kubeconfig, as far as they were read.
    pub members: &'a Members,
    /// The cluster that the operator named as the source of all secrets.
    pub expected: Option<&'a Member>,
    /// Which secrets the holder's istiods use.
    pub used: &'a Used,
    /// Whether servers that only mean something on one machine are meant so.
    pub allow_loopback: bool,
}

/// What was found of one data key.
pub(crate) struct Meant<'a> {
    pub judged: Judged<'a>,
    pub findings: Vec<Finding>,
}

/// Judges all secrets of one holder, by their number and data key. Secrets out of a manifest have no holder, and are judged one
/// by one, since each may be for another.
pub(crate) fn meant<'a>(
    held: &[&'a Held],
    trials: &'a Trials,
    known: Known<'a>,
) -> BTreeMap<(usize, String), Meant<'a>> {
    let keys: Vec<(usize, &'a str)> = held
        .iter()
        .enumerate()
        .flat_map(|(number, held)| held.keys().map(move |key| (number, key)))
        .collect();
    let trial = |number: usize, key: &str| trials.get(&(number, key.to_owned()));
    let entries: Vec<Entry<'a>> = keys
        .iter()
        .map(|&(number, key)| entry(held[number], key, trial(number, key), known))
        .collect();
    let mesh = Mesh {
        members: known.members,
        holder: held.first().and_then(|held| held.home.as_deref()),
        expected: known.expected,
    };
    let judged = judge(mesh, &entries);
    // Whether each that istiod may take fails; not known of what was not tried.
    let fails: BTreeMap<(usize, &str), Option<bool>> = keys
        .iter()
        .zip(&judged)
        .filter(|(_, judged)| judged.verdict != Verdict::OwnName)
        .map(|(&(number, key), judged)| {
            let is_wrong = matches!(
                judged.verdict,
                Verdict::WrongCluster { .. } | Verdict::Holder
            );
            let is_refused = held[number]
                .judged(key)
                .is_none_or(|judged| judged.refusal.is_some());
            let works = trial(number, key).and_then(|trial| trial.works);
            let fails = works.map(|works| !works);
            (
                (number, key),
                if is_wrong || is_refused {
                    Some(true)
                } else {
                    fails
                },
            )
        })
        .collect();
    let twins = Twins::of(held, &fails, known.used);
    let failing: BTreeSet<(&str, &str)> = fails
        .iter()
        .filter(|(_, fails)| **fails == Some(true))
        .map(|((number, key), _)| (held[*number].name(), *key))
        .collect();
    keys.iter()
        .zip(judged)
        .map(|(&(number, key), judged)| {
            let one = One {
                held: held[number],
                key,
                judged,
            };
            let fails = |secret: &str, key: &str| failing.contains(&(secret, key));
            let mut findings: Vec<Finding> = one.finding(fails).into_iter().collect();
            findings.extend(twins.finding(held, number, key));
            findings.shrink_to_fit();
            ((number, key.to_owned()), Meant { judged, findings })
        })
        .collect()
}

fn entry<'a>(
    held: &'a Held,
    key: &'a str,
    trial: Option<&'a Trial>,
    known: Known<'_>,
) -> Entry<'a> {
    let address = held.judged(key).and_then(super::secret::Judged::address);
    // A loopback address means another machine to each who dials it.
    let means_one_place = |server: &str| known.allow_loopback || server::dead(server).is_none();
    let data = held.secret.data.as_ref();
    Entry {
        secret: held.name(),
        key,
        kubeconfig: data
            .and_then(|data| data.get(key))
            .map_or(&[], |value| &value.0),
        address: address.filter(|address| means_one_place(&address.server)),
        is_looked_at: has_label(&held.secret),
        annotated: annotated_cluster(&held.secret).map(String::as_str),
        uid: trial.and_then(|trial| trial.uid.as_deref()),
    }
}

/// A data key that was judged.
struct One<'a> {
    held: &'a Held,
    key: &'a str,
    judged: Judged<'a>,
}

impl One<'_> {
    /// What is to be said of it; `fails` tells whether a Secret's key is known not to work.
    fn finding(&self, fails: impl Fn(&str, &str) -> bool) -> Option<Finding> {
        let (held, key) = (self.held, self.key);
        let (id, message, fix) = match self.judged.verdict {
            Verdict::Fine => return None,
            Verdict::OwnName => (
                CheckId::SecretSelf,
                format!("the holder's own istiod is called {key}, so it ignores this secret"),
                self.own_name(),
            ),
            Verdict::Holder => (
                CheckId::SecretSelf,
                format!(
                    "it gives access to the holder itself, so every endpoint is registered twice, once as {key}'s"
                ),
                remove(held, key),
            ),
            Verdict::WrongCluster { named } => (
                CheckId::SecretWrongCluster,
                format!(
                    "it gives access to {}, not to the cluster of context {}",
                    self.reached(),
                    named.context
                ),
                make_in_place(held, key, &named.context, key),
            ),
            Verdict::StrayKey {
                kept,
                is_known,
                is_same_access,
            } => {
                let is_safe = is_same_access && !fails(held.name(), kept);
                let rest = if is_same_access {
                    format!("; key {kept} holds the same access, so nothing is lost without {key}")
                } else {
                    String::new()
                };
                (
                    CheckId::SecretStrayKey,
                    format!(
                        "key {kept} of the same secret gives access to the same cluster, so every endpoint there is registered twice, once as {key}'s{rest}"
                    ),
                    stray(held, key, kept, is_known, is_safe),
                )
            }
            Verdict::Duplicate {
                secret,
                key: other,
                is_right,
            } => (
                CheckId::SecretDuplicate,
                format!(
                    "secret {secret} gives access to the same cluster under the name {other}, so every endpoint there is registered twice"
                ),
                self.duplicate(secret, is_right, fails(secret, other)),
            ),
            Verdict::WrongName { member } => {
                let ids: Vec<&str> = member.ids.iter().map(ClusterId::as_str).collect();
                let name = ids.first().copied().unwrap_or(key);
                (
                    CheckId::ClusterIdSecretKey,
                    format!(
                        "the cluster's own istiod calls it {}, not {key}",
                        ids.join(" or ")
                    ),
                    make_in_place(held, key, &member.context, name),
                )
            }
        };
        Some(Finding::new(id, Severity::Error, message).fix(fix))
    }

    fn own_name(&self) -> Remedy {
        if self.judged.reached == Reached::Holder {
            return remove(self.held, self.key);
        }
        "give each cluster a name of its own (values.global.multiCluster.clusterName), then create it again"
            .into()
    }

    fn reached(&self) -> String {
        match self.judged.reached {
            Reached::Holder => "the holder itself".to_owned(),
            Reached::Member(member) => format!("the cluster of context {}", member.context),
            Reached::Elsewhere | Reached::Unknown => "another cluster".to_owned(),
        }
    }

    /// What to do where another Secret is for the same cluster under another name: only one whose name is known to be wrong is
    /// deleted by a command, and only where the other one is not known to fail.
    fn duplicate(&self, other: &str, is_right: bool, other_fails: bool) -> Remedy {
        match (is_right, other_fails) {
            (true, false) => remove(self.held, self.key),
            (true, true) => format!(
                "delete this secret, and then create secret {} again, which has the right name and does not work",
                named(other)
            )
            .into(),
            (false, _) => "keep the one whose data key is what the cluster's own istiod calls it (values.global.multiCluster.clusterName), and delete the other with kubectl mesh-secret delete".into(),
        }
    }
}

/// What drops a key beside another one of the same Secret.
fn stray(held: &Held, key: &str, kept: &str, is_known: bool, is_safe: bool) -> Remedy {
    if is_known && is_safe {
        return drop_key(held, key);
    }
    let (secret, kept, key) = (named(held.name()), named(kept), named(key));
    if is_known {
        format!(
            "see to it that key {kept} works (kubectl mesh-secret inspect --probe), then take key {key} out of secret {secret}"
        )
        .into()
    } else {
        format!(
            "find out which of both the cluster's own istiod calls it (values.global.multiCluster.clusterName), and take the other key, {kept} or {key}, out of secret {secret}"
        )
        .into()
    }
}
