//! The check of clusters whose istiod signs with a root of its own, since it has no intermediate CA of the mesh's.

use super::judge::{finding, signs_itself};
use crate::ca_certs::CA_CERTS;
use crate::finding::{CheckId, Finding, Severity};
use crate::probe::Roots;
use crate::snapshot::ClusterSnapshot;

/// Reports clusters of a mesh of several whose istiod signs with a root of its own, since it has no intermediate CA of another one.
/// Where the roots meet another cluster's nevertheless, somebody has seen to that in another way.
pub(in crate::verify) fn own_roots(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let signing: Vec<&&ClusterSnapshot> = clusters.iter().filter(|one| signs_itself(one)).collect();
    let roots = |cluster: &ClusterSnapshot| -> Option<Roots> {
        cluster
            .roots
            .seen()
            .filter(|roots| !roots.is_empty())
            .cloned()
    };
    let is_alone = |cluster: &ClusterSnapshot| {
        let own = roots(cluster);
        let others = clusters
            .iter()
            .filter(|other| other.context != cluster.context);
        let mut others = others.filter_map(|other| roots(other)).peekable();
        let are_known = own.is_some() && others.peek().is_some();
        are_known && own.is_some_and(|own| !others.any(|other| own.meets(&other)))
    };
    let alone = signing.into_iter().filter(|cluster| is_alone(cluster));
    alone.filter_map(|cluster| own_root(cluster)).collect()
}

fn own_root(cluster: &ClusterSnapshot) -> Option<Finding> {
    const FIX: &str = "create secret cacerts with an intermediate CA of the mesh's root, then restart istiod and the workloads";
    let (check, message) = match cluster.ca_certs.seen()? {
        None => (
            CheckId::CacertsAbsent,
            format!("there is no secret {CA_CERTS}, so istiod signs with a root of its own"),
        ),
        Some(certs) if certs.present().is_empty() => (
            CheckId::CacertsAbsent,
            format!(
                "secret {CA_CERTS} has no certificates, so istiod signs with a root of its own"
            ),
        ),
        Some(certs) if certs.is_generated() => (
            CheckId::CacertsIstioGenerated,
            format!("istiod has made secret {CA_CERTS} itself, with a root of its own"),
        ),
        Some(_) => return None,
    };
    Some(finding(check, Severity::Error, message, cluster).fix(FIX))
}
