//! Which tokens are replaced, who has them, and what stands in the way of revoking the old ones. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::error::Kind;
use mesh_common::model::holding::Holding;
use mesh_common::model::names::SERVICE_ACCOUNT_TOKEN;
use mesh_common::model::ownership::{TakeOver, take_over};
use mesh_common::model::token_home::is_anchor;
use mesh_common::model::{Error, Exit};

use super::due::{Due, Life};
use super::entries::Entry;
use super::lineage::Lineage;
use super::observe::{Place, Seen};
use super::unknown::unknown;

/// One token that is replaced, and all that have it.
pub(super) struct Rotation {
    pub lineage: Lineage,
    pub sort: Sort,
    pub parts: Vec<Part>,
}

/// How a token lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// In a token Secret, for as long as that holds it.
    Kept,
    /// It ends after this time, and with the Secret that it is bound to.
    Bound(Duration),
}

/// A holder's secret with the old token, or with the new one already.
#[derive(Clone)]
pub(super) struct Part {
    pub entry: Entry,
    pub has: Has,
    pub claim: Claim,
}

/// Why a holder gets a new token, or does not. That it has the old one is no reason: it may have been thrown out, and have put
/// back what it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The remote cluster records it.
    Recorded,
    /// The operator named it for this cluster.
    Named,
    /// Nobody says so.
    Unknown,
    /// Its secret is for a cluster of another name.
    OtherName,
}

impl Part {
    /// Whether it has the new token, or is to get it.
    pub(super) fn is_holder(&self) -> bool {
        match self.claim {
            Claim::Recorded | Claim::Named => true,
            Claim::Unknown | Claim::OtherName => self.has == Has::New,
        }
    }
}

/// Which of the two tokens a holder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    Old,
    New,
}

impl Rotation {
    /// The rotation of `lineage`: every secret with one of its tokens is part of it, asked for or not.
    pub(super) fn of(lineage: Lineage, parts: Vec<Part>) -> Self {
        let sort = if lineage.old.type_.as_deref() == Some(SERVICE_ACCOUNT_TOKEN) {
            Sort::Kept
        } else {
            Sort::Bound(longest_life(&parts))
        };
        Self {
            lineage,
            sort,
            parts,
        }
    }

    /// Whether it was begun, or its token is due at `now`.
    pub(super) fn is_due(&self, due: Due, now: Timestamp) -> bool {
        let created = self.lineage.old.metadata.creation_timestamp.as_ref();
        let created = created.map(|time| time.0);
        self.lineage.is_begun()
            || self.with_old().any(|part| {
                let life = Life {
                    from: part.entry.facts.issued_at.or(created),
                    to: part.entry.facts.expires_at,
                };
                due.includes(life, now)
            })
    }

    /// Whether the token was made for one holder alone, and no other has it.
    pub(super) fn is_for_one(&self) -> bool {
        let [part] = self.parts.as_slice() else {
            return false;
        };
        let home = match part.has {
            Has::Old => Some(&self.lineage.old),
            Has::New => self.lineage.new.as_ref(),
        };
        home.is_some_and(|home| part.entry.home.is_for_one(home))
    }

    pub(super) fn with_old(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.has == Has::Old)
    }

    /// The parts that may be written.
    pub(super) fn named<'a>(&'a self, places: &'a [Place]) -> impl Iterator<Item = &'a Part> {
        self.parts
            .iter()
            .filter(|part| places[part.entry.place].named && part.is_holder())
    }

    /// Whether the same secret was known to have the old token and to get no new one.
    pub(super) fn is_left_out(&self, found: &Part) -> bool {
        let uid = |part: &Part| part.entry.secret.metadata.uid.clone();
        let alike = |part: &&Part| part.entry.place == found.entry.place && uid(part) == uid(found);
        self.with_old().filter(alike).any(|part| !part.is_holder())
    }

    /// What the remote cluster is to record of the new token.
    pub(super) fn holdings(&self, places: &[Place]) -> BTreeSet<Holding> {
        let known = self.parts.iter().filter(|part| match part.claim {
            Claim::Recorded | Claim::Named => true,
            Claim::Unknown | Claim::OtherName => false,
        });
        known
            .filter_map(|part| places[part.entry.place].holding(&part.entry.secret))
            .collect()
    }

    /// Secrets that are somebody else's to write.
    pub(super) fn strangers(&self, places: &[Place]) -> Vec<Error> {
        let parts = self.named(places).filter(|part| part.has == Has::Old);
        parts
            .filter_map(|part| {
                let entry = &part.entry;
                let owners = match take_over(&entry.secret, &entry.key) {
                    TakeOver::Free | TakeOver::FromGuide => return None,
                    TakeOver::Stranger(owners) => owners,
                };
                Some(
                    Error::new(
                        Kind::Conflict,
                        format!(
                            "secret {}/{} in context {} belongs to {}",
                            entry
                                .secret
                                .metadata
                                .namespace
                                .as_deref()
                                .unwrap_or_default(),
                            entry.name(),
                            places[entry.place].context(),
                            owners.join(", ")
                        ),
                    )
                    .hint("change it where it comes from, or take it over with --force-conflicts"),
                )
            })
            .collect()
    }
}

fn longest_life(parts: &[Part]) -> Duration {
    let lives = parts.iter().filter_map(|part| {
        let facts = &part.entry.facts;
        let life = facts.expires_at?.duration_since(facts.issued_at?);
        Duration::try_from(life).ok()
    });
    lives.max().unwrap_or(Duration::from_hours(1))
}

/// Something because of which the old token cannot be revoked, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub what: String,
    pub ways: Vec<Remedy>,
    /// How the command ends because of it.
    pub exit: Exit,
}

/// What is known to stand in the way before anything is done.
pub(super) fn obstacles(rotation: &Rotation, seen: &Seen, namespace: &str) -> Vec<Obstacle> {
    let left_out = rotation
        .with_old()
        .filter(|part| !seen.places[part.entry.place].named)
        .map(|part| still_used(part.entry.name(), seen.places[part.entry.place].context()));
    let unknown = unknown(rotation, seen, namespace)
        .into_iter()
        .map(|error| Obstacle {
            what: error.to_string(),
            ways: error.hints().to_vec(),
            exit: Exit::Partial,
        });
    // A token that was made for one holder alone is in no other cluster.
    let may_hold = seen.unread.iter().filter(|_| !rotation.is_for_one());
    let unread = may_hold.map(|one| Obstacle {
        what: format!(
            "context {} could not be read, and may hold the old token: {}",
            one.context,
            one.error.in_one_line()
        ),
        ways: vec![
            format!(
                "mend context {}, or take it out of the kubeconfig, or name all holders with --context, and add --no-other-holders",
                one.context
            )
            .into(),
        ],
        exit: Exit::Partial,
    });
    let lineage = &rotation.lineage;
    let is_others = matches!(rotation.sort, Sort::Bound(_)) && !is_anchor(&lineage.old);
    let others = is_others.then(|| Obstacle {
        what: format!(
            "secret {}/{} in context {}, which the old token is bound to, was not made for it or holds other things, so it is not deleted",
            lineage.namespace,
            lineage.old_name(),
            seen.places[lineage.source].context()
        ),
        ways: vec!["the old token ends when that Secret is deleted by hand".into()],
        exit: Exit::Partial,
    });
    left_out
        .chain(unknown)
        .chain(unread)
        .chain(others)
        .collect()
}

/// A secret that has the old token and is not to be written.
pub(super) fn still_used(secret: &str, context: &str) -> Obstacle {
    Obstacle {
        what: format!("secret {secret} in context {context} has the old token"),
        ways: vec![format!("{}, beside the others", Remedy::add(Knob::Context, context)).into()],
        exit: Exit::Partial,
    }
}
