//! The relations of the place of a finding to the place of one that it explains.

use crate::finding::{Details, Finding};

/// The relation of a cause to an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Relation {
    /// Returns whether the places of both findings have this relation. Findings without a place have none.
    pub(super) fn holds(self, cause: &Finding, effect: &Finding) -> bool {
        let (Some(cause), Some(effect)) = (cause.details(), effect.details()) else {
            return false;
        };
        let Some(cluster) = &cause.cluster else {
            return false;
        };
        match self {
            Self::SameCluster => effect.cluster.as_ref() == Some(cluster),
            Self::PeerOfEffect => effect.peer.as_ref() == Some(cluster),
            Self::SamePair => pair(cause).is_some_and(|one| pair(effect) == Some(one)),
            Self::SameObject => {
                effect.cluster.as_ref() == Some(cluster)
                    && cause.object.is_some()
                    && cause.object == effect.object
            }
        }
    }
}

/// Returns the two clusters, sorted.
fn pair(place: &Details) -> Option<[&str; 2]> {
    let mut both = [place.cluster.as_deref()?, place.peer.as_deref()?];
    both.sort_unstable();
    Some(both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::ObjectRef;
    use crate::finding::{CheckId, Severity};

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
            assert_eq!(relation.holds(cause, effect), expected, "{relation:?}");
        }
        let nowhere = Finding::new(CheckId::EwgPods, Severity::Error, "");
        assert!(!SameCluster.holds(&nowhere, &nowhere));
    }
}
