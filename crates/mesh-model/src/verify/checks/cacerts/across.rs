//! Checks of the authorities of a mesh beside one another: clusters that sign with one key, and those for which somebody else signs.

use std::collections::BTreeMap;

use super::judge::{finding, signs_itself};
use crate::ca_certs::CA_CERTS;
use crate::certificate::public_key;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod::has_other_ca;
use crate::snapshot::ClusterSnapshot;

/// Reports clusters whose istiod signs with the key of another cluster's.
pub(in crate::verify) fn shared_keys(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let mut first: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for cluster in clusters.iter().filter(|cluster| signs_itself(cluster)) {
        let Some(Some(certs)) = cluster.ca_certs.seen() else {
            continue;
        };
        let Some(key) = certs.signing().and_then(public_key) else {
            continue;
        };
        let peer = *first.entry(key).or_insert(&cluster.context);
        if peer == cluster.context {
            continue;
        }
        let message = format!(
            "secret {CA_CERTS} has the private key of context {peer} too: whoever gets it from one cluster can sign for both"
        );
        let fix = "issue an intermediate CA for each cluster by the root of the mesh, and put its certificate, key, chain and root into secret cacerts";
        let finding = finding(
            CheckId::CacertsSharedKey,
            Severity::Warning,
            message,
            cluster,
        );
        findings.push(finding.with_peer(peer).fix(fix));
    }
    findings
}

/// Reports, as a note, that another authority than istiod issues the certificates of a cluster's workloads.
pub(in crate::verify) fn other_authority(cluster: &ClusterSnapshot) -> Option<Finding> {
    let mut istiods = cluster.istiods.items().iter();
    let message = "another authority than istiod issues the certificates of workloads, so only the roots and the certificates that gateways show are checked";
    istiods.any(has_other_ca).then(|| {
        Finding::new(CheckId::ExternalCa, Severity::Info, message).in_cluster(&cluster.context)
    })
}
