//! The relations of the place of a finding to the place of one that it explains.

use crate::change::ObjectRef;
use crate::finding::{Details, Finding};

/// The relation of a cause to an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Both are in the same cluster.
    SameCluster,
    /// Both concern the same two clusters, in any order.
    SamePair,
    /// The effect concerns a peer, and the cause is in that cluster.
    PeerOfEffect,
    /// Both concern the same object of the same cluster.
    SameObject,
}

/// The part of its place by which a finding is compared with others: one or two clusters, and an object.
pub(super) type Place<'f> = (&'f str, Option<&'f str>, Option<&'f ObjectRef>);

impl Relation {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [
        Self::SameCluster,
        Self::SamePair,
        Self::PeerOfEffect,
        Self::SameObject,
    ];

    /// Returns the place that the effects of a cause with this relation have ([`Self::of_effect`]); `None` if it has no effects.
    pub(super) fn of_cause(self, cause: &Finding) -> Option<Place<'_>> {
        let place = cause.details()?;
        let cluster = place.cluster.as_deref()?;
        match self {
            Self::SameCluster | Self::PeerOfEffect => Some((cluster, None, None)),
            Self::SamePair => pair(place),
            Self::SameObject => Some((cluster, None, Some(place.object.as_ref()?))),
        }
    }

    /// Returns the place that the causes of an effect with this relation have; `None` if it has no cause.
    pub(super) fn of_effect(self, effect: &Finding) -> Option<Place<'_>> {
        match self {
            Self::PeerOfEffect => Some((effect.details()?.peer.as_deref()?, None, None)),
            Self::SameCluster | Self::SamePair | Self::SameObject => self.of_cause(effect),
        }
    }
}

/// Returns the access of one cluster to another that a finding is about: a secret in east for west explains nothing about one in west
/// for east. Where the other cluster has no context, the secret stands for it.
pub(super) fn access(finding: &Finding) -> Option<Place<'_>> {
    let place = finding.details()?;
    let cluster = place.cluster.as_deref()?;
    match place.peer.as_deref() {
        Some(peer) => Some((cluster, Some(peer), None)),
        None => Some((cluster, None, Some(place.object.as_ref()?))),
    }
}

/// Returns the two clusters, sorted.
fn pair(place: &Details) -> Option<Place<'_>> {
    let mut both = [place.cluster.as_deref()?, place.peer.as_deref()?];
    both.sort_unstable();
    Some((both[0], Some(both[1]), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{CheckId, Severity};

    fn holds(relation: Relation, cause: &Finding, effect: &Finding) -> bool {
        let place = relation.of_cause(cause);
        place.is_some() && relation.of_effect(effect) == place
    }

    fn at(cluster: &str, peer: Option<&str>, object: Option<&str>) -> Finding {
        let finding = Finding::new(CheckId::EwgPods, Severity::Error, "").in_cluster(cluster);
        let finding = match peer {
            Some(peer) => finding.with_peer(peer),
            None => finding,
        };
        match object {
            Some(name) => finding.about(ObjectRef::new("service", name)),
            None => finding,
        }
    }

    #[test]
    fn places_meet_as_the_relation_says() {
        use Relation::{PeerOfEffect, SameCluster, SameObject, SamePair};
        let east = at("east", None, None);
        let to_west = at("east", Some("west"), None);
        let back = at("west", Some("east"), None);
        let object = |cluster, name| at(cluster, None, Some(name));
        for (relation, cause, effect, expected) in [
            (SameCluster, &east, &to_west, true),
            (SameCluster, &east, &back, false),
            (PeerOfEffect, &east, &back, true),
            (PeerOfEffect, &east, &to_west, false),
            (SamePair, &to_west, &back, true),
            (SamePair, &to_west, &to_west, true),
            (SamePair, &east, &to_west, false),
            (SamePair, &east, &east, false),
            (SameObject, &object("east", "a"), &object("east", "a"), true),
            (
                SameObject,
                &object("east", "a"),
                &object("east", "b"),
                false,
            ),
            (
                SameObject,
                &object("east", "a"),
                &object("west", "a"),
                false,
            ),
            (SameObject, &east, &east, false),
        ] {
            assert_eq!(holds(relation, cause, effect), expected, "{relation:?}");
        }
        let nowhere = Finding::new(CheckId::EwgPods, Severity::Error, "");
        for relation in Relation::ALL {
            assert!(!holds(relation, &nowhere, &nowhere));
        }
    }
}
