//! The object of a statement, for commands that change it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::super::change::ObjectRef;
use super::super::names::{HELM_RELEASE, HELM_RELEASE_NAMESPACE, REVISION_LABEL};
use crate::resources::Pod;

/// Label by which istioctl identifies its objects. Source: `operator/pkg/manifest` and `operator/pkg/install` of Istio.
const COMPONENT: &str = "operator.istio.io/component";
/// `CHART-VERSION` of the chart that an object comes from.
/// Source: <https://helm.sh/docs/chart_best_practices/labels/>.
const CHART: &str = "helm.sh/chart";
/// Label with the suffix that a `ReplicaSet` adds to its Deployment's name. Source:
/// <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label>.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// An object, with the tool that installed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Object {
    /// The resource as an argument of kubectl; empty if the observation is not about one object.
    pub resource: String,
    pub namespace: String,
    pub name: String,
    pub installer: Option<Installer>,
}

/// The tool that installed an object, and must be used to change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Installer {
    Helm(Release),
    Istioctl {
        /// Its revision, if that has a name.
        revision: Option<String>,
    },
}

/// A Helm release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    pub name: String,
    pub namespace: String,
    /// The chart's version, if the object has it.
    pub version: Option<String>,
}

impl Object {
    /// Returns the object with this metadata.
    pub(super) fn new(resource: &str, meta: &ObjectMeta) -> Self {
        Self {
            resource: resource.to_owned(),
            namespace: meta.namespace.clone().unwrap_or_default(),
            name: meta.name.clone().unwrap_or_default(),
            installer: installer(meta),
        }
    }

    /// Returns the object to restart so that these pods are recreated, if it is a single one.
    ///
    /// The namespace is that of the first pod in any case.
    pub(super) fn owner_of(pods: &[&Pod]) -> Self {
        let mut owners = pods.iter().map(|pod| owner(pod));
        let first = owners.next().unwrap_or_default();
        if owners.all(|other| other == first) {
            first
        } else {
            Self {
                namespace: first.namespace,
                ..Self::default()
            }
        }
    }

    /// Returns whether commands can name it.
    pub(super) fn is_known(&self) -> bool {
        !self.resource.is_empty() && !self.name.is_empty()
    }

    /// Returns the reference to the object for changes and findings, if commands can name it.
    pub(super) fn reference(&self) -> Option<ObjectRef> {
        self.is_known().then(|| ObjectRef {
            // Commands accept the plural, kubectl prints the singular.
            kind: self.resource.replacen("gateways.", "gateway.", 1),
            namespace: Some(self.namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: self.name.clone(),
        })
    }
}

/// Returns the workload that these pods belong to, if it is a single one.
pub(crate) fn workload_of(pods: &[Pod]) -> Option<ObjectRef> {
    let pods: Vec<&Pod> = pods.iter().collect();
    Object::owner_of(&pods).reference()
}

fn owner(pod: &Pod) -> Object {
    let meta = &pod.metadata;
    let unknown = Object {
        namespace: meta.namespace.clone().unwrap_or_default(),
        ..Object::default()
    };
    let mut owners = meta.owner_references.iter().flatten();
    let Some(owner) = owners.find(|owner| owner.controller == Some(true)) else {
        return unknown;
    };
    let hash = meta
        .labels
        .as_ref()
        .and_then(|labels| labels.get(TEMPLATE_HASH));
    let of_deployment = hash.and_then(|hash| owner.name.strip_suffix(&format!("-{hash}")));
    let (resource, name) = match (owner.kind.as_str(), of_deployment) {
        ("ReplicaSet", Some(name)) => ("deployment", name),
        ("DaemonSet", _) => ("daemonset", owner.name.as_str()),
        ("StatefulSet", _) => ("statefulset", owner.name.as_str()),
        (_, _) => return unknown,
    };
    Object {
        resource: resource.to_owned(),
        name: name.to_owned(),
        installer: installer(meta),
        ..unknown
    }
}

/// Returns the tool that installed the object. istioctl renders charts too, so their labels prove nothing; only Helm
/// itself adds the annotations of a release.
fn installer(meta: &ObjectMeta) -> Option<Installer> {
    if let Some(release) = release(meta) {
        return Some(Installer::Helm(release));
    }
    let labels = meta.labels.as_ref()?;
    let revision = labels.get(REVISION_LABEL).cloned();
    labels.contains_key(COMPONENT).then(|| Installer::Istioctl {
        revision: revision.filter(|name| !name.is_empty() && name != "default"),
    })
}

fn release(meta: &ObjectMeta) -> Option<Release> {
    let annotations = meta.annotations.as_ref()?;
    let chart = meta.labels.as_ref().and_then(|labels| labels.get(CHART));
    Some(Release {
        name: annotations.get(HELM_RELEASE)?.clone(),
        namespace: annotations.get(HELM_RELEASE_NAMESPACE)?.clone(),
        version: chart.and_then(|chart| version(chart)),
    })
}

/// Returns the version behind a chart's name; both may contain dashes.
fn version(chart: &str) -> Option<String> {
    let begins =
        |(at, _): &(usize, &str)| chart[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let (at, _) = chart.match_indices('-').find(begins)?;
    Some(chart[at + 1..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(kind: &str, owner: &str, hash: &str) -> Pod {
        serde_json::from_value(json!({"metadata": {"name": "p", "namespace": "shop",
            "labels": {TEMPLATE_HASH: hash},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": "1", "controller": true}]}}))
        .unwrap()
    }

    #[test]
    fn pods_are_restarted_by_what_they_belong_to() {
        for (kind, owner, expected) in [
            ("ReplicaSet", "web-5d4", "deployment web"),
            ("ReplicaSet", "alone", " "),
            ("DaemonSet", "ztunnel", "daemonset ztunnel"),
            ("StatefulSet", "db", "statefulset db"),
            ("Job", "once", " "),
        ] {
            let pod = pod(kind, owner, "5d4");
            let found = Object::owner_of(&[&pod, &pod]);
            assert_eq!(format!("{} {}", found.resource, found.name), expected);
        }
        let two = [&pod("DaemonSet", "a", ""), &pod("DaemonSet", "b", "")];
        assert!(!Object::owner_of(&two).is_known());
        assert!(!Object::owner_of(&[]).is_known());
    }

    #[test]
    fn helm_says_what_it_installed() {
        let meta: ObjectMeta = serde_json::from_value(json!({
            "annotations": {HELM_RELEASE: "istiod", HELM_RELEASE_NAMESPACE: "istio-system"},
            "labels": {CHART: "my-istiod-1.31.0-rc.1"}}))
        .unwrap();
        let release = release(&meta).unwrap();
        assert_eq!(
            (release.name.as_str(), release.version.as_deref()),
            ("istiod", Some("1.31.0-rc.1"))
        );
        assert_eq!(super::release(&ObjectMeta::default()), None);
    }
}
