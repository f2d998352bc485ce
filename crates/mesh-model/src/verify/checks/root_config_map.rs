//! The check of the `ConfigMap` with the root certificate, without which no pod with a proxy starts.

use crate::change::ObjectRef;
use crate::command::{Remedy, named};
use crate::eastwest::config_clusters;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod;
use crate::names::MESH_ROOT_CONFIG_MAP;
use crate::read::Read;
use crate::snapshot::ClusterSnapshot;

/// Reports clusters whose Istio namespace lacks the root certificate. Where the mesh configuration selects namespaces, and where the
/// istiod is that of another cluster's external control plane, that may be as it should.
pub(in crate::verify) fn root_config_maps(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let lacking = clusters
        .iter()
        .filter(|cluster| matches!(cluster.roots, Read::Absent(_)));
    let findings = lacking.filter_map(|cluster| missing(cluster, clusters));
    findings.collect()
}

fn missing(cluster: &ClusterSnapshot, clusters: &[&ClusterSnapshot]) -> Option<Finding> {
    let managing = config_clusters(cluster, clusters.iter().copied()).unwrap_or_default();
    let by_another = managing.iter().any(|one| {
        let mut istiods = one.istiods.items().iter();
        let mut configs = one.mesh_configs.items().iter();
        istiods
            .any(|one| istiod::renames_root_config_map(one) || istiod::is_of_another_cluster(one))
            || configs.any(|one| !one.config.discovery_selectors.is_empty())
    });
    let is_remote = cluster.is_managed_elsewhere() == Some(true);
    if by_another || !(cluster.has_istiod() || is_remote) {
        return None;
    }
    let namespace = &cluster.istio_namespace;
    let missing = format!("namespace {namespace} has no ConfigMap {MESH_ROOT_CONFIG_MAP}");
    let finding = |why: &str, fix: Remedy| {
        let message = format!("{missing}: {why}");
        Finding::new(CheckId::RootCmMissing, Severity::Error, message)
            .in_cluster(&cluster.context)
            .about(ObjectRef::new("configmap", MESH_ROOT_CONFIG_MAP).within(namespace))
            .fix(fix)
    };
    if cluster.has_istiod() {
        let kubectl = cluster.kubectl.in_namespace(namespace);
        let logs = kubectl.words("logs").flag("-l", istiod::SELECTOR);
        let why = "istiod writes it when it starts, and again when it is deleted";
        return Some(finding(why, Remedy::Check(logs)));
    }
    let context = named(&cluster.context);
    let primary = managing.first().map(|one| one.context.as_str());
    let place = primary.map_or_else(String::new, |primary| format!(" in context {primary}"));
    let fix = format!(
        "see that the istiod that manages this cluster{place} has a remote secret for {context}, and that its log has no error about it"
    );
    let why = "the istiod that manages this cluster does not write into it";
    let finding = finding(why, fix.into());
    Some(match primary {
        Some(primary) => finding.with_peer(primary),
        None => finding,
    })
}
