//! The findings that an annotation on their object, or on Istio's namespace, says to ignore. They are told apart, never left out.

use std::cmp::Reverse;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::select::Pattern;
use crate::change::ObjectRef;
use crate::finding::Finding;
use crate::names::IGNORE;
use crate::read::Read;
use crate::snapshot::{ClusterSnapshot, MeshSnapshot};

/// A finding that is ignored.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredFinding {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// The object with the annotation.
    pub ignored_by: ObjectRef,
    /// The reason that the annotation gives.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The annotations of all clusters.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    annotated: Vec<Annotated>,
    /// The texts in annotations that name no check, in words.
    pub(super) unknown: Vec<String>,
}

#[derive(Debug)]
struct Annotated {
    context: String,
    object: ObjectRef,
    checks: Vec<Pattern>,
    reason: String,
}

impl Ignores {
    /// Returns the annotations of everything that findings are about.
    pub(super) fn of(mesh: &MeshSnapshot) -> Self {
        let mut ignores = Self::default();
        for cluster in &mesh.clusters {
            for (kind, metadata) in objects(cluster) {
                let annotations = metadata.annotations.as_ref();
                if let Some(value) = annotations.and_then(|all| all.get(IGNORE)) {
                    ignores.add(&cluster.context, reference(kind, metadata), value);
                }
            }
        }
        ignores
    }

    fn add(&mut self, context: &str, object: ObjectRef, value: &str) {
        let value = value.trim();
        let (ids, reason) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
        let mut checks = Vec::new();
        for id in ids.split(',').filter(|id| !id.is_empty()) {
            match id.parse::<Pattern>() {
                Ok(pattern) if !pattern.is_placed() => checks.push(pattern),
                Ok(_) | Err(_) => self.unknown.push(format!(
                    "annotation {IGNORE} of {object} in context {context} names no check: {id:?}"
                )),
            }
        }
        let is_known = self
            .annotated
            .iter()
            .any(|one| one.context == context && one.object == object);
        if !is_known {
            self.annotated.push(Annotated {
                context: context.to_owned(),
                object,
                checks,
                reason: reason.trim().to_owned(),
            });
        }
    }

    /// Returns the findings that count, and those that are ignored, the worst first.
    pub(super) fn split(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<IgnoredFinding>) {
        let mut ignored = Vec::new();
        let mut counted = Vec::new();
        for finding in findings {
            let annotated = self.annotated.iter().find(|one| one.fits(&finding));
            match annotated {
                Some(annotated) => ignored.push(IgnoredFinding {
                    finding,
                    ignored_by: annotated.object.clone(),
                    reason: annotated.reason.clone(),
                }),
                None => counted.push(finding),
            }
        }
        ignored.sort_by_key(|one| (Reverse(one.finding.severity), one.finding.id as usize));
        (counted, ignored)
    }
}

impl Annotated {
    /// Returns whether the annotation is for a finding: one about its object, or, on a namespace, about anything in it or about the
    /// cluster itself.
    fn fits(&self, finding: &Finding) -> bool {
        let Some(place) = finding.details() else {
            return false;
        };
        let is_named = self.checks.iter().any(|one| one.fits_check(finding.id));
        if place.cluster.as_deref() != Some(self.context.as_str()) || !is_named {
            return false;
        }
        let is_namespace = self.object.kind == "namespace";
        match &place.object {
            None => is_namespace,
            Some(object) if is_namespace => {
                let inside = object.namespace.as_ref() == Some(&self.object.name);
                inside || *object == self.object
            }
            Some(object) => *object == self.object,
        }
    }
}

fn reference(kind: &str, metadata: &ObjectMeta) -> ObjectRef {
    let object = ObjectRef::new(kind, metadata.name.clone().unwrap_or_default());
    match &metadata.namespace {
        Some(namespace) => object.within(namespace),
        None => object,
    }
}

/// Returns the objects that findings are about, each with its kind as findings name it.
fn objects(cluster: &ClusterSnapshot) -> impl Iterator<Item = (&'static str, &ObjectMeta)> {
    let namespace = cluster.namespace.seen().and_then(Option::as_ref);
    let namespaces = namespace.map(|one| ("namespace", &one.metadata));
    let services = cluster.services.items().iter();
    let services = services.map(|one| ("service", &one.metadata));
    let istiods = cluster.istiods.items().iter();
    let istiods = istiods.chain(cluster.istiods_elsewhere.items());
    let istiods = istiods.map(|one| ("deployment", &one.metadata));
    let secrets = cluster.secrets_of_namespace();
    let secrets = secrets.chain(cluster.secrets_elsewhere.items());
    let secrets = secrets.map(|facts| ("secret", &facts.secret.metadata));
    let api_gateways = cluster.api_gateways.items().iter();
    let api_gateways = api_gateways.map(|one| ("gateway.gateway.networking.k8s.io", &one.metadata));
    let gateways = cluster.istio_gateways.items().iter();
    let gateways = gateways.map(|one| ("gateway.networking.istio.io", &one.metadata));
    let pods = cluster.pods.values().flat_map(Read::items);
    let pods = pods.chain(cluster.injected_pods.items());
    let pods = pods.map(|one| ("pod", &one.metadata));
    let all = namespaces.into_iter().chain(services).chain(istiods);
    all.chain(secrets)
        .chain(api_gateways)
        .chain(gateways)
        .chain(pods)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::finding::{CheckId, Severity};

    fn mesh(of_namespace: &str, of_service: &str) -> MeshSnapshot {
        let annotated = |value: &str| json!({IGNORE: value});
        let mesh = json!({"apiVersion": "mesh.istio-multicluster.dev/v1alpha1", "kind": "MeshSnapshot",
            "takenAt": "2026-11-28T00:00:00Z", "clusters": [{"context": "west",
            "namespace": {"seen": {"metadata": {"name": "istio-system", "annotations": annotated(of_namespace)}}},
            "services": {"seen": [{"metadata": {"name": "gw", "namespace": "gateways", "annotations": annotated(of_service)}}]}}]});
        from_value(mesh).expect("it is a snapshot")
    }

    fn finding(id: CheckId, cluster: &str, object: Option<ObjectRef>) -> Finding {
        let finding = Finding::new(id, Severity::Warning, "").in_cluster(cluster);
        match object {
            Some(object) => finding.about(object),
            None => finding,
        }
    }

    #[test]
    fn an_annotation_is_for_its_object_and_that_of_a_namespace_for_what_is_in_it() {
        let mesh = mesh("mesh-id-mismatch,secret-* we know", "ewg-pods");
        let annotations = Ignores::of(&mesh);
        assert_eq!(annotations.unknown, [""; 0]);
        let service = |name: &str| Some(ObjectRef::new("service", name).within("gateways"));
        let secret = |space: &str| Some(ObjectRef::secret(space, "s"));
        for (finding, expected) in [
            (
                finding(CheckId::MeshIdMismatch, "west", None),
                Some("we know"),
            ),
            (finding(CheckId::MeshIdMismatch, "east", None), None),
            (
                finding(CheckId::SecretSelf, "west", secret("istio-system")),
                Some("we know"),
            ),
            (finding(CheckId::SecretSelf, "west", secret("other")), None),
            (finding(CheckId::EwgPods, "west", service("gw")), Some("")),
            (finding(CheckId::EwgPods, "west", service("gw2")), None),
            (finding(CheckId::EwgPods, "west", None), None),
            (finding(CheckId::EwgL7Lb, "west", service("gw")), None),
        ] {
            let (counted, ignored) = annotations.split(vec![finding.clone()]);
            let reason = ignored.first().map(|one| one.reason.as_str());
            assert_eq!(
                (reason, counted.len()),
                (expected, usize::from(expected.is_none())),
                "{finding:?}"
            );
        }
    }

    #[test]
    fn what_names_no_check_is_told() {
        let annotations = Ignores::of(&mesh("ewg-pods,ewg-podz,ewg-pods@west since then", "  "));
        assert_eq!(
            annotations.unknown,
            [
                "annotation mesh.istio-multicluster.dev/ignore of namespace/istio-system in context west names no check: \"ewg-podz\"",
                "annotation mesh.istio-multicluster.dev/ignore of namespace/istio-system in context west names no check: \"ewg-pods@west\"",
            ]
        );
    }
}
