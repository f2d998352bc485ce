//! Checks of the contexts: clusters that could not be read, and contexts of the same cluster.

use crate::finding::{CheckId, Finding, Severity};
use crate::fleet::Unreached;
use crate::snapshot::MeshSnapshot;

/// Reports a cluster that could not be read.
pub(in crate::verify) fn unreachable(lost: &Unreached) -> Finding {
    let message = format!("the cluster was not read: {}", lost.reason);
    Finding::new(CheckId::ApiReachable, Severity::Error, message)
        .in_cluster(&lost.context)
        .fix("give this context access to its API server, then verify again")
}

/// Reports contexts of a cluster that was read through another context: an error if both were named, since then two clusters
/// were expected.
pub(in crate::verify) fn same_clusters(mesh: &MeshSnapshot, are_named: bool) -> Vec<Finding> {
    let severity = if are_named {
        Severity::Error
    } else {
        Severity::Info
    };
    let duplicates = mesh.duplicates.iter().map(|one| {
        let (context, first) = (&one.cluster.context, &one.read_through);
        let mut clusters = mesh.clusters.iter();
        let read = clusters.find(|cluster| cluster.context == *first);
        let (message, fix) = if read.is_some_and(|read| read.address == one.cluster.address) {
            (
                format!("contexts {first} and {context} select the same API server"),
                "name each cluster by one of its contexts",
            )
        } else {
            (
                format!(
                    "the clusters of contexts {first} and {context} have the same UID, at different addresses: they are one cluster, or one is a copy of the other's etcd"
                ),
                "name each cluster by one of its contexts, and if they are two clusters, create one of them anew, since a copy has the UIDs, keys and tokens of the other",
            )
        };
        Finding::new(CheckId::ContextSameCluster, severity, message)
            .in_cluster(first)
            .with_peer(context)
            .fix(fix)
    });
    duplicates.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meant_for::Member;
    use crate::remote_cluster::Address;
    use crate::snapshot::DuplicateContext;
    use crate::verify::samples::cluster;

    #[test]
    fn two_names_of_one_cluster_are_an_error_if_both_were_named() {
        let moment = "2026-11-28T00:00:00Z".parse().expect("it is a moment");
        let mesh = |server: &str| {
            let read = vec![("east".to_owned(), Ok(cluster("east", Vec::new())))];
            let mut mesh = MeshSnapshot::join(moment, read).expect("it was read");
            mesh.duplicates.push(DuplicateContext {
                cluster: Member::unread("admin", Address::new(server, None)),
                read_through: "east".to_owned(),
            });
            mesh
        };
        let (same, other) = ("https://east:6443", "https://copy:6443");
        for (server, are_named, severity, words) in [
            (same, true, Severity::Error, "same API server"),
            (other, true, Severity::Error, "copy of the other's etcd"),
            (same, false, Severity::Info, "same API server"),
        ] {
            let found = same_clusters(&mesh(server), are_named);
            assert_eq!(found[0].severity, severity);
            assert!(found[0].message.contains(words), "{}", found[0].message);
        }
    }
}
