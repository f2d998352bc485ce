//! Kinds, how a definition makes one, and which of them the embedded cluster knows to be real but leaves to real
//! clusters.
//!
//! This module holds no object and answers no request. The kinds that are there from the start are in `resources` and
//! `definitions`.

use serde_json::Value;

/// The fields of most kinds.
pub(super) const SPEC_STATUS: &[&str] = &["spec", "status"];

/// One served resource.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "mirrors what discovery says of a resource"
)]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) kind: String,
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) status: bool,
    /// `metadata.generation` counts changes of the specification.
    pub(crate) generation: bool,
    /// DELETE answers with the object rather than with a `Status`.
    pub(crate) returns_deleted: bool,
    /// The fields beside `metadata`, or none where anything goes (custom resources).
    pub(crate) fields: Option<&'static [&'static str]>,
    /// The `openAPIV3Schema` of a custom kind.
    pub(crate) schema: Option<Value>,
}

impl Kind {
    /// `v1`, or `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `secrets`, or `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        dotted(&self.resource, &self.group)
    }

    /// `Secret`, or `Deployment.apps`.
    pub(crate) fn qualified_kind(&self) -> String {
        dotted(&self.kind, &self.group)
    }

    /// Tells whether objects of this kind come from a `CustomResourceDefinition`.
    pub(crate) fn is_custom(&self) -> bool {
        self.fields.is_none()
    }
}

pub(crate) fn dotted(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{group}")
    }
}

/// A kind that is answered and never stored.
pub(crate) fn passing(group: &str, resource: &str, kind: &str) -> Kind {
    Kind {
        group: group.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        kind: kind.to_owned(),
        singular: kind.to_lowercase(),
        short_names: Vec::new(),
        namespaced: false,
        status: true,
        generation: false,
        returns_deleted: false,
        fields: Some(SPEC_STATUS),
        schema: None,
    }
}

/// The kind that a `CustomResourceDefinition` defines, in its first served version.
pub(crate) fn from_definition(definition: &Value) -> Option<Kind> {
    let spec = &definition["spec"];
    let version = spec["versions"]
        .as_array()?
        .iter()
        .find(|version| version["served"] == true)?;
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    Some(Kind {
        group: text(&spec["group"])?,
        version: text(&version["name"])?,
        resource: text(&spec["names"]["plural"])?,
        kind: text(&spec["names"]["kind"])?,
        singular: text(&spec["names"]["singular"]).unwrap_or_default(),
        short_names: spec["names"]["shortNames"]
            .as_array()
            .map(|names| names.iter().filter_map(text).collect())
            .unwrap_or_default(),
        namespaced: spec["scope"] == "Namespaced",
        status: version["subresources"]["status"].is_object(),
        generation: true,
        returns_deleted: false,
        fields: None,
        schema: Some(version["schema"]["openAPIV3Schema"].clone()),
    })
}

/// Tells whether a real API server serves this although the embedded one does not: such a request is answered with 501, so
/// that no test mistakes a gap of ours for an empty cluster. `defined` says whether definitions of this group are in place.
pub(crate) fn only_in_real_clusters(group: &str, resource: &str, defined: bool) -> bool {
    let resources: &[&str] = match group {
        "" => &[
            "bindings",
            "componentstatuses",
            "limitranges",
            "persistentvolumeclaims",
            "persistentvolumes",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
        ],
        "apps" => &["controllerrevisions", "replicasets", "statefulsets"],
        "admissionregistration.k8s.io" => {
            return resource.ends_with("policies") || resource.ends_with("policybindings");
        }
        "networking.istio.io" if defined => &[
            "envoyfilters",
            "proxyconfigs",
            "serviceentries",
            "sidecars",
            "workloadentries",
            "workloadgroups",
        ],
        "security.istio.io" if defined => &["authorizationpolicies", "requestauthentications"],
        "gateway.networking.k8s.io" if defined => &[
            "backendtlspolicies",
            "grpcroutes",
            "httproutes",
            "listenersets",
            "referencegrants",
            "tcproutes",
            "tlsroutes",
            "udproutes",
        ],
        "apiregistration.k8s.io"
        | "autoscaling"
        | "batch"
        | "certificates.k8s.io"
        | "events.k8s.io"
        | "flowcontrol.apiserver.k8s.io"
        | "networking.k8s.io"
        | "node.k8s.io"
        | "policy"
        | "resource.k8s.io"
        | "scheduling.k8s.io"
        | "storage.k8s.io" => return true,
        _ => &[],
    };
    resources.contains(&resource)
}
