//! Checks of the control plane that a gateway's pods belong to.

use std::collections::BTreeSet;

use super::{ClusterSnapshot, Gateway};
use crate::command::{Remedy, named};
use crate::container_env::value;
use crate::exposure::Revision;
use crate::finding::{CheckId, Finding, Severity};
use crate::istiod::revision_of;
use crate::names::{CA_ADDRESS_VARIABLE, INJECTION_LABEL, REVISION_LABEL};
use crate::resources::Pod;
use crate::statements::workload_of;

/// Reports pods whose istiod no longer runs in the cluster.
///
/// Pods are known by the address of their CA, since their label may be a tag, which stands for any revision. Source:
/// `files/gateway-injection-template.yaml` and `files/waypoint.yaml` of the chart istiod. Nothing is reported where another
/// cluster may manage them, as in a remote cluster.
pub(super) fn revision_gone(gateway: &Gateway, cluster: &ClusterSnapshot) -> Option<Finding> {
    let istiods = cluster.istiods.seen()?.iter();
    let istiods = istiods.chain(cluster.istiods_elsewhere.seen()?);
    let running = istiods.map(revision_of);
    let running: BTreeSet<Revision> = running.chain(cluster.other_revisions.clone()).collect();
    if running.is_empty() || cluster.is_managed_elsewhere()? {
        return None;
    }
    let pods: Vec<&Pod> = gateway
        .backing
        .seen()?
        .iter()
        .filter(|pod| is_current(pod))
        .collect();
    let lost = pods.iter().filter_map(|pod| {
        let (address, revision) = istiod_of(pod)?;
        (!running.contains(&revision)).then_some((*pod, address, revision))
    });
    let lost: Vec<(&Pod, &str, Revision)> = lost.collect();
    let (first, address, revision) = lost.first()?;
    let (severity, who) = if lost.len() == pods.len() {
        (Severity::Error, "the pods".to_owned())
    } else {
        let part = format!("{} of the {} pods", lost.len(), pods.len());
        (Severity::Warning, part)
    };
    let words: Vec<&str> = running.iter().map(Revision::word).collect();
    let message = format!(
        "{who} of {} belong to revision {} of istiod, which no longer runs (running: {})",
        gateway.described(),
        revision.word(),
        words.join(", ")
    );
    let name = first.metadata.name.as_deref().unwrap_or_default();
    let finding = Finding::new(CheckId::EwgRevisionGone, severity, message);
    Some(
        finding
            .shown_by([format!("{CA_ADDRESS_VARIABLE} of pod {name} is {address}")])
            .fix(fix(gateway, cluster, revision, &words)),
    )
}

/// Returns whether a pod is to stay: neither deleted nor ended.
fn is_current(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref());
    pod.metadata.deletion_timestamp.is_none() && !matches!(phase, Some("Failed" | "Succeeded"))
}

/// Returns the address of the pod's CA and the revision of istiod that it names: `istiod[-REVISION].NAMESPACE.svc:PORT`. Other
/// addresses are those of other CAs, or of istiods of other clusters, which `istiod-remote` names too.
pub(crate) fn istiod_of(pod: &Pod) -> Option<(&str, Revision)> {
    let address = value(&pod.spec.as_ref()?.containers, CA_ADDRESS_VARIABLE)?;
    let (host, _) = address.split_once(':')?;
    let [service, _, "svc", ..] = host.split('.').collect::<Vec<_>>()[..] else {
        return None;
    };
    let revision = match service.strip_prefix("istiod")? {
        "" => None,
        "-remote" => return None,
        suffix => Some(suffix.strip_prefix('-')?),
    };
    Some((address, Revision::of_label(revision)))
}

/// Returns the fix: a command where only one revision runs, and where the object that decides about the pods' revision is known.
fn fix(gateway: &Gateway, cluster: &ClusterSnapshot, gone: &Revision, running: &[&str]) -> Remedy {
    if let [only] = running {
        let kubectl = cluster.kubectl.in_namespace(&gateway.namespace);
        if gateway.api.is_some() {
            return kubectl
                .words("label --overwrite gateways.gateway.networking.k8s.io")
                .arg(&gateway.name)
                .pair(REVISION_LABEL, only)
                .into();
        }
        let workload = workload_of(gateway.backing.items());
        if let Some(workload) = workload.filter(|_| is_up_to_labels_of_pods(gateway, cluster, gone))
        {
            let labels = serde_json::json!({REVISION_LABEL: only});
            let patch = serde_json::json!({"spec": {"template": {"metadata": {"labels": labels}}}});
            return kubectl
                .words("patch")
                .arg(&workload.kind)
                .arg(&workload.name)
                .flag("-p", &patch.to_string())
                .into();
        }
    }
    format!(
        "give the pods of the gateway, or their namespace, the label {REVISION_LABEL} of a revision that runs ({}), and restart them",
        named(&running.join(", "))
    )
    .into()
}

/// Returns whether the pods have their revision by a label of their own: they have it, and their namespace has none.
fn is_up_to_labels_of_pods(gateway: &Gateway, cluster: &ClusterSnapshot, gone: &Revision) -> bool {
    let mut pods = gateway.backing.items().iter();
    let has = |pod: &Pod| {
        let labels = pod.metadata.labels.as_ref();
        let label = labels.and_then(|labels| labels.get(REVISION_LABEL));
        label.map(String::as_str) == Some(gone.word())
    };
    let namespace = cluster.namespace.seen().and_then(Option::as_ref);
    let is_unlabelled = namespace.is_some_and(|space| {
        let labels = space.metadata.labels.as_ref();
        let key = |key| labels.is_some_and(|labels| labels.contains_key(key));
        !key(REVISION_LABEL) && !key(INJECTION_LABEL)
    });
    gateway.namespace == cluster.istio_namespace && is_unlabelled && pods.all(has)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::names::CONTROL_PLANE_ANNOTATION;
    use crate::read::Read;

    /// Returns a cluster with istiods of these revisions, and a gateway with these pods.
    fn cluster(revisions: &[&str], pods: &[Value]) -> ClusterSnapshot {
        let istiods = revisions.iter().map(|revision| {
            from_value(
                json!({"metadata": {"name": "istiod", "namespace": "istio-system",
                "labels": {"app": "istiod", REVISION_LABEL: revision}}}),
            )
            .expect("it is a Deployment")
        });
        let service = json!({"metadata": {"name": "gw", "namespace": "istio-system"},
            "spec": {"selector": {"istio": "eastwestgateway"}, "ports": [{"port": 15443}]}});
        let pods = pods.iter().cloned().map(from_value);
        let pods: Result<Vec<Pod>, _> = pods.collect();
        let key = ("istio-system".to_owned(), "gw".to_owned());
        let namespace = json!({"metadata": {"name": "istio-system"}});
        ClusterSnapshot {
            istio_namespace: "istio-system".to_owned(),
            namespace: Read::Seen(Some(from_value(namespace).expect("it is a Namespace"))),
            istiods: Read::Seen(istiods.collect()),
            istiods_elsewhere: Read::Seen(Vec::new()),
            services: Read::Seen(vec![from_value(service).expect("it is a Service")]),
            pods: [(key, Read::Seen(pods.expect("they are Pods")))].into(),
            ..ClusterSnapshot::default()
        }
    }

    /// Returns a pod with this CA, and this label for its revision.
    fn pod(ca: &str, label: Option<&str>) -> Value {
        let labels = label.map(|label| json!({REVISION_LABEL: label}));
        json!({"metadata": {"name": "gw-1", "namespace": "istio-system", "labels": labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "gw", "uid": "1", "controller": true}]},
            "spec": {"containers": [{"name": "istio-proxy", "env": [{"name": "CA_ADDR", "value": ca}]}]},
            "status": {"phase": "Running"}})
    }

    fn found(cluster: &ClusterSnapshot) -> Option<Finding> {
        let gateways = Gateway::all(cluster);
        revision_gone(&gateways[0], cluster)
    }

    #[test]
    fn a_gateway_of_a_revision_that_runs_is_fine() {
        for (running, ca, label) in [
            (&["default"][..], "istiod.istio-system.svc:15012", None),
            (&["default"], "istiod-default.istio-system.svc:15012", None),
            (
                &["default", "1-31"],
                "istiod-1-31.istio-system.svc:15012",
                Some("1-31"),
            ),
            // A tag stands for the revision.
            (
                &["1-31"],
                "istiod-1-31.istio-system.svc:15012",
                Some("prod"),
            ),
            // Other CAs, and istiods of other clusters.
            (&["1-31"], "istiod.example.com:15012", None),
            (&["1-31"], "istiod-remote.istio-system.svc:15012", None),
            (
                &["1-31"],
                "cert-manager-istio-csr.cert-manager.svc:443",
                None,
            ),
            (&["1-31"], "meshca.googleapis.com:443", None),
            (&["1-31"], "istiod", None),
            (&[], "istiod.istio-system.svc:15012", None),
        ] {
            let cluster = cluster(running, &[pod(ca, label)]);
            assert_eq!(found(&cluster), None, "{running:?} {ca}");
        }
    }

    #[test]
    fn a_gateway_whose_istiod_is_gone_is_an_error_and_a_part_of_it_a_warning() {
        let gone = || pod("istiod-1-30.istio-system.svc:15012", Some("1-30"));
        let kept = || pod("istiod-1-31.istio-system.svc:15012", Some("1-31"));
        let finding = found(&cluster(&["1-31"], &[gone()])).expect("it is found");
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(
            finding.message,
            "the pods of service istio-system/gw belong to revision 1-30 of istiod, which no longer runs (running: 1-31)"
        );
        let details = finding.details().cloned().unwrap_or_default();
        assert_eq!(
            details.evidence,
            ["CA_ADDR of pod gw-1 is istiod-1-30.istio-system.svc:15012"]
        );
        let fix = finding.fix.map(|fix| fix.to_string());
        assert_eq!(
            fix.as_deref(),
            Some(
                r#"kubectl -n istio-system patch daemonset gw -p '{"spec":{"template":{"metadata":{"labels":{"istio.io/rev":"1-31"}}}}}'"#
            )
        );
        let part = found(&cluster(&["1-31"], &[gone(), kept()])).expect("it is found");
        assert_eq!(part.severity, Severity::Warning);
        assert!(part.message.starts_with("1 of the 2 pods of "), "{part:?}");
        // Evicted pods keep what they had.
        let mut evicted = gone();
        evicted["status"]["phase"] = json!("Failed");
        assert_eq!(found(&cluster(&["1-31"], &[evicted, kept()])), None);
    }

    #[test]
    fn where_it_is_not_known_what_decides_about_the_revision_the_fix_is_a_step() {
        let ca = "istiod-1-30.istio-system.svc:15012";
        let by_namespace = cluster(&["1-31"], &[pod(ca, None)]);
        let several = cluster(&["default", "1-31"], &[pod(ca, Some("1-30"))]);
        for cluster in [by_namespace, several] {
            let fix = found(&cluster).and_then(|finding| finding.fix);
            assert!(fix.is_some_and(|fix| fix.kind() == "step"));
        }
    }

    #[test]
    fn what_is_not_known_and_what_another_cluster_may_manage_is_not_reported() {
        let lost = || {
            cluster(
                &["1-31"],
                &[pod("istiod-1-30.istio-system.svc:15012", None)],
            )
        };
        assert!(found(&lost()).is_some());
        let mut managed = lost();
        let annotated = json!({"metadata": {"name": "istio-system",
            "annotations": {CONTROL_PLANE_ANNOTATION: "*"}}});
        managed.namespace = Read::Seen(Some(from_value(annotated).expect("it is a Namespace")));
        let mut unread = lost();
        unread.istiods_elsewhere = Read::Denied("no".into());
        let mut not_asked = lost();
        not_asked.istiods_elsewhere = Read::NotAsked;
        for cluster in [managed, unread, not_asked] {
            assert_eq!(found(&cluster), None);
        }
    }
}
