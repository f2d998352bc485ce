//! The Secrets that the istiods of a holder use for their clusters. If two Secrets have the same data key, istiod uses
//! one of them, and only its own debug page shows which one.

use std::collections::BTreeSet;

use crate::istiod_pages::{KnownCluster, secret_of};
use crate::read::Read;
use crate::remote_secret::has_label;
use crate::snapshot::ClusterSnapshot;

/// The clusters that each istiod of a holder has ([`ClusterSnapshot::known_clusters`]); not requested if no check depends on them.
pub type KnownClusters = Read<Vec<Vec<KnownCluster>>>;

/// Returns true where two Secrets that its istiods look at have one data key, so that one of them is not used.
pub fn has_duplicates(holder: &ClusterSnapshot) -> bool {
    let secrets = holder.secrets_of_namespace().map(|facts| &facts.secret);
    let looked_at = secrets.filter(|secret| has_label(secret));
    let mut keys = looked_at.flat_map(|secret| secret.data.iter().flat_map(|data| data.keys()));
    let mut known = BTreeSet::new();
    keys.any(|key| !known.insert(key))
}

/// Returns the name of the Secret in `namespace` that all istiods use for the cluster.
pub(super) fn used_secret<'a>(
    known: &'a KnownClusters,
    namespace: &str,
    key: &str,
) -> Option<&'a str> {
    secret_of(known.seen()?, key)?
        .strip_prefix(namespace)?
        .strip_prefix('/')
}
