//! The check of a cluster without an istiod.

use crate::container_env::value_in_pod;
use crate::finding::{CheckId, Finding, Severity};
use crate::names::{CA_ADDRESS_VARIABLE, CONTROL_PLANE_ANNOTATION};
use crate::snapshot::ClusterSnapshot;

/// Reports a cluster without a control plane.
///
/// A remote cluster has none of its own, which its annotation says; one without Istio's namespace is not part of the mesh. That of an
/// external control plane has none either, and nothing says so but what its proxies connect to: where the cluster in which the istiod
/// runs was not read, nobody has looked whether there is one.
pub(super) fn no_istiod(cluster: &ClusterSnapshot) -> Option<Finding> {
    let is_managed = cluster.is_managed_elsewhere()?;
    let is_elsewhere = !cluster.istiods_elsewhere.items().is_empty();
    if is_managed || is_elsewhere || !cluster.istiods_elsewhere.is_seen() {
        return None;
    }
    let namespace = &cluster.istio_namespace;
    let finding = |severity, message: String| {
        Finding::new(CheckId::IstiodMissing, severity, message).in_cluster(&cluster.context)
    };
    let Some((pod, address)) = proxy_of_another_cluster(cluster) else {
        let message = format!(
            "namespace {namespace} has no istiod, and no annotation {CONTROL_PLANE_ANNOTATION}"
        );
        return Some(finding(Severity::Error, message).fix(format!(
            "install istiod, or, if another cluster's istiod manages this one, name that with kubectl mesh-label control-plane; if it is that of an external control plane, verify both clusters together; if Istio is in another namespace than {namespace}, use -n"
        )));
    };
    let message = format!(
        "namespace {namespace} has no istiod, and proxies connect to {address}: the control plane runs in another cluster, which was not read, so it is not verified"
    );
    let finding = finding(Severity::Warning, message)
        .shown_by([format!("{CA_ADDRESS_VARIABLE} of pod {pod} is {address}")]);
    Some(finding.fix(
        "verify this cluster together with the one in which its istiod runs: name the contexts of both",
    ))
}

/// Returns the first pod whose proxy connects to a control plane outside of the cluster, with the address.
fn proxy_of_another_cluster(cluster: &ClusterSnapshot) -> Option<(String, &str)> {
    let mut pods = cluster.injected_pods.items().iter();
    pods.find_map(|pod| {
        let address = value_in_pod(pod.spec.as_ref()?, CA_ADDRESS_VARIABLE)?;
        let meta = &pod.metadata;
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let name = meta.name.as_deref().unwrap_or_default();
        is_elsewhere(address).then(|| (format!("{namespace}/{name}"), address))
    })
}

/// Returns whether an address is not that of a Service of the cluster, or is one for an istiod of another cluster.
fn is_elsewhere(address: &str) -> bool {
    let (host, _) = address.rsplit_once(':').unwrap_or((address, ""));
    match host.split('.').collect::<Vec<_>>()[..] {
        [service, _, "svc", ..] => service == "istiod-remote",
        [name] => name.starts_with('['),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::read::Read;
    use crate::verify::samples::cluster;

    fn bare(annotated: bool) -> ClusterSnapshot {
        let mut meta = json!({"name": "istio-system"});
        if annotated {
            meta["annotations"] = json!({CONTROL_PLANE_ANNOTATION: "east"});
        }
        let namespace = from_value(json!({"metadata": meta})).expect("it is a Namespace");
        ClusterSnapshot {
            istio_namespace: "istio-system".to_owned(),
            namespace: Read::Seen(Some(namespace)),
            istiods_elsewhere: Read::Seen(Vec::new()),
            ..cluster("west", Vec::new())
        }
    }

    #[test]
    fn a_cluster_needs_an_istiod_or_one_that_manages_it() {
        let severity = |cluster: &ClusterSnapshot| no_istiod(cluster).map(|one| one.severity);
        assert_eq!(severity(&bare(false)), Some(Severity::Error));
        assert_eq!(severity(&bare(true)), None);
        let without_istio = ClusterSnapshot {
            namespace: Read::Seen(None),
            ..bare(false)
        };
        assert_eq!(severity(&without_istio), None);
        let not_searched = ClusterSnapshot {
            istiods_elsewhere: Read::Denied("no".into()),
            ..bare(false)
        };
        assert_eq!(severity(&not_searched), None);
    }

    #[test]
    fn an_istiod_that_proxies_find_elsewhere_is_not_verified() {
        let severity = |place: &str, address: &str| {
            let env = json!([{"name": "CA_ADDR", "value": address}]);
            let mut spec = json!({"containers": []});
            spec[place] = json!([{"name": "istio-proxy", "env": env}]);
            let pod = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
            let pods = vec![from_value(pod).expect("it is a Pod")];
            let cluster = ClusterSnapshot {
                injected_pods: Read::Seen(pods),
                ..bare(false)
            };
            no_istiod(&cluster).map(|one| one.severity)
        };
        for (address, expected) in [
            ("istiod.example.com:15012", Severity::Warning),
            ("203.0.113.5:15012", Severity::Warning),
            ("[2001:db8::5]:15012", Severity::Warning),
            ("istiod-remote.istio-system.svc:15012", Severity::Warning),
            ("istiod.istio-system.svc:15012", Severity::Error),
            (
                "cert-manager-istio-csr.cert-manager.svc:443",
                Severity::Error,
            ),
            ("istiod:15012", Severity::Error),
        ] {
            for place in ["containers", "initContainers"] {
                assert_eq!(severity(place, address), Some(expected), "{address}");
            }
        }
    }
}
