//! Checks of cluster IDs across clusters.

use std::collections::BTreeMap;

use crate::finding::{CheckId, Finding, Severity};
use crate::istiod::{cluster_ids as ids, is_unnamed};
use crate::snapshot::ClusterSnapshot;

const RENAME: &str = "install istiod of one of them with another values.global.multiCluster.clusterName, restart the workloads of that cluster, and create the remote secrets for it again";

/// Reports istiods without a cluster ID in a mesh of several clusters, and cluster IDs that several clusters have.
pub(in crate::verify) fn cluster_ids(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let unnamed = clusters.iter().filter(|cluster| {
        let istiods = cluster.istiods.items();
        clusters.len() > 1 && !istiods.is_empty() && is_unnamed(istiods)
    });
    let mut findings: Vec<Finding> = unnamed.map(|cluster| no_id(cluster)).collect();
    let mut called: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for cluster in clusters {
        for id in ids(cluster.istiods.items()) {
            let contexts = called.entry(id.as_str().to_owned()).or_default();
            contexts.push(&cluster.context);
        }
    }
    for (id, contexts) in called {
        let [first, others @ ..] = contexts.as_slice() else {
            continue;
        };
        findings.extend(others.iter().map(|other| duplicate(&id, first, other)));
    }
    findings
}

fn no_id(cluster: &ClusterSnapshot) -> Finding {
    Finding::new(
        CheckId::ClusterIdDefault,
        Severity::Error,
        "istiod has no cluster ID, so it calls this cluster Kubernetes",
    )
    .in_cluster(&cluster.context)
    .fix("install istiod with values.global.multiCluster.clusterName, and then restart the workloads of the cluster")
}

fn duplicate(id: &str, first: &str, other: &str) -> Finding {
    let message =
        format!("the istiods of contexts {first} and {other} both have the cluster ID {id}");
    Finding::new(CheckId::ClusterIdDuplicate, Severity::Error, message)
        .in_cluster(first)
        .with_peer(other)
        .fix(RENAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::samples::{cluster, istiod};

    fn told(clusters: &[ClusterSnapshot]) -> Vec<(&'static str, String)> {
        let clusters: Vec<&ClusterSnapshot> = clusters.iter().collect();
        let found = cluster_ids(&clusters).into_iter();
        found.map(|one| (one.id.as_str(), one.message)).collect()
    }

    #[test]
    fn every_cluster_of_a_mesh_needs_an_id_of_its_own() {
        let [east, west, unnamed] = [
            cluster("east", vec![istiod(Some("one"), "1.31.0")]),
            cluster("west", vec![istiod(Some("one"), "1.31.0")]),
            cluster("north", vec![istiod(None, "1.31.0")]),
        ];
        assert_eq!(told(std::slice::from_ref(&east)), []);
        assert_eq!(told(std::slice::from_ref(&unnamed)), []);
        let both = "the istiods of contexts east and west both have the cluster ID one";
        let found = told(&[east, west, unnamed]);
        assert_eq!(found[0].0, "cluster-id-default");
        assert_eq!(found[1], ("cluster-id-duplicate", both.to_owned()));
    }

    #[test]
    fn a_cluster_without_an_istiod_has_no_id_to_miss() {
        let [east, remote] = [
            cluster("east", vec![istiod(Some("east"), "1.31.0")]),
            cluster("west", Vec::new()),
        ];
        assert_eq!(told(&[east, remote]), []);
    }
}
