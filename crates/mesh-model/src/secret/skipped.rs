//! The checks that cannot be made without the parts of a cluster that were not seen.

use crate::finding::CheckId;
use crate::report::SkippedCheck;
use crate::snapshot::ClusterSnapshot;

/// Returns each skipped check once, with the first reason.
pub(super) fn skipped(cluster: &ClusterSnapshot) -> Vec<SkippedCheck> {
    use CheckId::{
        ClusterIdSecretKey, SecretDuplicate, SecretLabel, SecretMissing, SecretSelf,
        SecretWrongCluster, SecretWrongNamespace,
    };
    let by_name = cluster.secrets_by_name.seen().into_iter();
    let by_name = by_name.flat_map(|by_name| by_name.values());
    let by_uid = [SecretSelf, SecretDuplicate, SecretWrongCluster];
    let by_istiod = [SecretSelf, SecretMissing, ClusterIdSecretKey];
    let reads: [(Option<&str>, &[CheckId]); 5] = [
        (cluster.uid.reason(), &by_uid),
        (cluster.istiods_elsewhere.reason(), &[SecretWrongNamespace]),
        (cluster.secrets_elsewhere.reason(), &[SecretWrongNamespace]),
        (cluster.secrets_by_name.reason(), &[SecretLabel]),
        (cluster.istiods.reason(), &by_istiod),
    ];
    let one_by_one = by_name.map(|read| (read.reason(), [SecretLabel].as_slice()));
    let mut skipped: Vec<SkippedCheck> = Vec::new();
    for (reason, checks) in reads.into_iter().chain(one_by_one) {
        let Some(reason) = reason else { continue };
        for check in checks {
            if !skipped.iter().any(|known| known.check == *check) {
                skipped.push(SkippedCheck {
                    context: cluster.context.clone(),
                    check: *check,
                    reason: reason.to_owned(),
                });
            }
        }
    }
    skipped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::read::Read;

    use super::*;

    #[test]
    fn each_check_is_skipped_once_for_the_first_part_that_was_not_seen() {
        let mut cluster = ClusterSnapshot {
            uid: Read::Denied("no namespaces".into()),
            istiods: Read::Late("no answer".into()),
            secrets_by_name: Read::Seen(BTreeMap::from([(
                "s".to_owned(),
                Read::Failed("broken".into()),
            )])),
            ..ClusterSnapshot::default()
        };
        let told = |cluster: &ClusterSnapshot| -> Vec<(&'static str, String)> {
            let skipped = skipped(cluster).into_iter();
            skipped
                .map(|one| (one.check.as_str(), one.reason))
                .collect()
        };
        let expected = [
            ("secret-self", "no namespaces"),
            ("secret-duplicate", "no namespaces"),
            ("secret-wrong-cluster", "no namespaces"),
            ("secret-missing", "no answer"),
            ("cluster-id-secret-key", "no answer"),
            ("secret-label", "broken"),
        ];
        assert_eq!(
            told(&cluster),
            expected.map(|(id, why)| (id, why.to_owned()))
        );
        cluster = ClusterSnapshot::default();
        assert_eq!(told(&cluster), []);
    }
}
