//! The rules for a single entry; [`super::several`] has the rules for several entries for one cluster.

use std::collections::BTreeMap;

use super::several::{Candidate, several};
use super::{Entry, Judged, Member, Members, Reached, Verdict};
use crate::names::CONFIG_SECRET;
use crate::remote_cluster::Address;

/// The knowledge that the entries of one holder are judged with.
#[derive(Debug, Clone, Copy)]
pub struct Mesh<'a> {
    /// The clusters that are known.
    pub members: &'a Members,
    /// The cluster that holds the entries; `None` if it is unknown, as for a manifest.
    pub holder: Option<&'a Member>,
    /// The cluster that all of them should give access to, if the operator named one.
    pub expected: Option<&'a Member>,
}

/// Judges all entries of one holder, in their order.
pub fn judge<'a>(mesh: Mesh<'a>, entries: &[Entry<'a>]) -> Vec<Judged<'a>> {
    let mut judged: Vec<Judged<'a>> = Vec::with_capacity(entries.len());
    let mut candidates: BTreeMap<Lead<'_>, Vec<Candidate<'_, 'a>>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        let reached = mesh.reached(entry);
        let verdict = mesh.alone(entry, reached);
        if verdict.is_none()
            && let Some(lead) = Lead::of(entry, reached)
        {
            let of_lead = candidates.entry(lead).or_default();
            of_lead.push(Candidate { number, entry });
        }
        judged.push(Judged {
            reached,
            peer: mesh.peer(entry.secret, entry.key, reached),
            verdict: verdict.unwrap_or(Verdict::Fine),
        });
    }
    for group in candidates.values() {
        let member = group
            .first()
            .and_then(|one| match judged[one.number].reached {
                Reached::Member(member) => Some(member),
                Reached::Holder | Reached::Elsewhere | Reached::Unknown => None,
            });
        for (number, verdict) in several(group, member, mesh.members) {
            judged[number].verdict = verdict;
        }
    }
    judged
}

/// The identity of a cluster by which two entries are compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Lead<'e> {
    Uid(&'e str),
    Address(&'e Address),
}

impl<'e> Lead<'e> {
    fn of<'a: 'e>(entry: &'e Entry<'a>, reached: Reached<'a>) -> Option<Self> {
        match reached {
            Reached::Member(member) => Some(match &member.uid {
                Some(uid) => Self::Uid(uid),
                None => Self::Address(&member.address),
            }),
            Reached::Elsewhere => entry.uid.map(Self::Uid),
            Reached::Unknown => entry.address.as_ref().map(Self::Address),
            Reached::Holder => None,
        }
    }
}

impl<'a> Mesh<'a> {
    fn reached(self, entry: &Entry<'a>) -> Reached<'a> {
        let there = entry
            .address
            .as_ref()
            .and_then(|address| self.members.at(address));
        let Some(uid) = entry.uid else {
            let is_holders = |holder: &&Member| entry.address.as_ref() == Some(&holder.address);
            return match there {
                Some(member) if self.is_holder(member) => Reached::Holder,
                Some(member) => Reached::Member(member),
                None if self.holder.as_ref().is_some_and(is_holders) => Reached::Holder,
                None => Reached::Unknown,
            };
        };
        if self.holder.and_then(|holder| holder.uid.as_deref()) == Some(uid) {
            return Reached::Holder;
        }
        let known = self.members.with_uid(uid);
        // The cluster of a context that was not read may be the same one.
        let known = known.or_else(|| there.filter(|member| member.uid.is_none()));
        known.map_or(Reached::Elsewhere, Reached::Member)
    }

    /// Returns the other cluster that the key of a Secret concerns: the one that it gives access to, and where that is the holder
    /// itself or is not known, the one that the key names. It has none if both are the holder.
    pub fn peer(self, secret: &str, key: &str, reached: Reached<'a>) -> Option<&'a Member> {
        if let Reached::Member(member) = reached {
            return Some(member);
        }
        if secret == CONFIG_SECRET || self.is_name_of_holder(key) {
            return None;
        }
        let named = self.named(key).into_iter();
        let mut others = named.filter(|member| !self.is_holder(member));
        let first = others.next()?;
        // Of two clusters with the same name it is neither.
        others.all(|other| other.is_same(first)).then_some(first)
    }

    /// Returns the clusters that a key names.
    fn named(self, key: &str) -> Vec<&'a Member> {
        match self.expected {
            Some(member) => vec![member],
            None => self.members.called(key),
        }
    }

    fn is_name_of_holder(self, key: &str) -> bool {
        self.holder.is_some_and(|holder| holder.is_called(key))
    }

    fn is_holder(self, member: &Member) -> bool {
        self.holder.is_some_and(|holder| holder.is_same(member))
    }

    /// Judges an entry without regard to the others.
    fn alone(self, entry: &Entry<'a>, reached: Reached<'a>) -> Option<Verdict<'a>> {
        if entry.secret == CONFIG_SECRET {
            // Its key is not a cluster's name.
            return Some(Verdict::Fine);
        }
        if self.is_name_of_holder(entry.key) {
            return Some(Verdict::OwnName);
        }
        let named = self.named(entry.key);
        match reached {
            Reached::Holder => {
                let other = named.into_iter().find(|member| !self.is_holder(member));
                Some(other.map_or(Verdict::Holder, |named| Verdict::WrongCluster { named }))
            }
            Reached::Member(member) if named.iter().any(|one| one.is_same(member)) => None,
            Reached::Member(member) => {
                let named = *named.first()?;
                let uid = entry.uid.or(member.uid.as_deref());
                let is_proven = uid.is_some() && named.uid.is_some();
                // A context that was not read may have the other one of two addresses of the same cluster.
                let is_called_otherwise = !member.ids.is_empty() && !member.is_called(entry.key);
                Some(if is_proven || is_called_otherwise {
                    Verdict::WrongCluster { named }
                } else {
                    Verdict::Fine
                })
            }
            Reached::Elsewhere => {
                let there = || {
                    entry
                        .address
                        .as_ref()
                        .and_then(|address| self.members.at(address))
                };
                let named = named.first().copied().or_else(there)?;
                Some(if named.uid.is_some() {
                    Verdict::WrongCluster { named }
                } else {
                    Verdict::Fine
                })
            }
            Reached::Unknown => None,
        }
    }
}
