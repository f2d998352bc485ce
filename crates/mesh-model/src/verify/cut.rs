//! The checks that see only the beginning of a list.

use super::parts::{Part, needs};
use super::rights::lists;
use crate::finding::CheckId;
use crate::snapshot::ClusterSnapshot;

/// Returns the first list that a check needs and of which only the beginning was read, in words.
pub(super) fn cut(check: CheckId, cluster: &ClusterSnapshot) -> Option<String> {
    // A sample of pods is not the beginning of something, and other clusters have lists of their own.
    let whole = |part: &&Part| !matches!(part, Part::ProxyPods | Part::OtherGateways);
    let needed = needs(check).iter().filter(whole);
    let mut resources = needed.flat_map(|part| lists(*part));
    let cut = resources.find_map(|resource| {
        let mut cut = cluster.cut_lists.iter();
        cut.find(|one| one.resource == resource)
    });
    cut.map(ToString::to_string)
}
