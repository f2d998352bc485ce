//! The kinds that the embedded cluster serves, as data, and those that it knows to be real but leaves to real clusters.
//!
//! This module holds no object and answers no request.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

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
    /// Whether `metadata.generation` counts changes of the specification.
    pub(crate) generation: bool,
    /// Whether DELETE answers with the object rather than with a `Status`.
    pub(crate) returns_deleted: bool,
    /// The fields beside `metadata`, or none where anything goes (custom resources).
    pub(crate) fields: Option<&'static [&'static str]>,
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

    /// Whether objects of this kind come from a `CustomResourceDefinition`.
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

const STATUS: &str = "status";
const GENERATION: &str = "generation";
const CLUSTER: &str = "cluster";
const RETURNS: &str = "returns-deleted";

/// Group, resource, kind, short names, traits, top-level fields; every version is v1.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const SPEC_STATUS: &[&str] = &["spec", "status"];
const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

const ROWS: &[Row] = &[
    (
        "",
        "namespaces",
        "Namespace",
        &["ns"],
        &[CLUSTER, STATUS],
        SPEC_STATUS,
    ),
    (
        "",
        "secrets",
        "Secret",
        &[],
        &[],
        &["data", "stringData", "type", "immutable"],
    ),
    (
        "",
        "serviceaccounts",
        "ServiceAccount",
        &["sa"],
        &[RETURNS],
        &[
            "secrets",
            "imagePullSecrets",
            "automountServiceAccountToken",
        ],
    ),
    (
        "",
        "configmaps",
        "ConfigMap",
        &["cm"],
        &[],
        &["data", "binaryData", "immutable"],
    ),
    (
        "",
        "services",
        "Service",
        &["svc"],
        &[STATUS, RETURNS],
        SPEC_STATUS,
    ),
    ("", "endpoints", "Endpoints", &["ep"], &[], &["subsets"]),
    (
        "",
        "pods",
        "Pod",
        &["po"],
        &[STATUS, GENERATION, RETURNS],
        SPEC_STATUS,
    ),
    (
        "",
        "nodes",
        "Node",
        &["no"],
        &[CLUSTER, STATUS],
        SPEC_STATUS,
    ),
    (
        "",
        "events",
        "Event",
        &["ev"],
        &[],
        &[
            "involvedObject",
            "reason",
            "message",
            "source",
            "firstTimestamp",
            "lastTimestamp",
            "count",
            "type",
            "eventTime",
            "series",
            "action",
            "related",
            "reportingComponent",
            "reportingInstance",
        ],
    ),
    (
        "apps",
        "deployments",
        "Deployment",
        &["deploy"],
        &[STATUS, GENERATION],
        SPEC_STATUS,
    ),
    (
        "apps",
        "daemonsets",
        "DaemonSet",
        &["ds"],
        &[STATUS, GENERATION],
        SPEC_STATUS,
    ),
    (
        "discovery.k8s.io",
        "endpointslices",
        "EndpointSlice",
        &[],
        &[GENERATION],
        &["addressType", "endpoints", "ports"],
    ),
    (
        "coordination.k8s.io",
        "leases",
        "Lease",
        &[],
        &[],
        &["spec"],
    ),
    (
        RBAC,
        "clusterroles",
        "ClusterRole",
        &[],
        &[CLUSTER],
        &["rules", "aggregationRule"],
    ),
    (
        RBAC,
        "clusterrolebindings",
        "ClusterRoleBinding",
        &[],
        &[CLUSTER],
        &["subjects", "roleRef"],
    ),
    (RBAC, "roles", "Role", &[], &[], &["rules"]),
    (
        RBAC,
        "rolebindings",
        "RoleBinding",
        &[],
        &[],
        &["subjects", "roleRef"],
    ),
    (
        ADMISSION,
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        &[],
        &[CLUSTER, GENERATION],
        &["webhooks"],
    ),
    (
        ADMISSION,
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        &[],
        &[CLUSTER, GENERATION],
        &["webhooks"],
    ),
    (
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &["crd", "crds"],
        &[CLUSTER, STATUS, GENERATION],
        SPEC_STATUS,
    ),
];

static BUILT_IN: LazyLock<Vec<Arc<Kind>>> =
    LazyLock::new(|| ROWS.iter().map(|row| Arc::new(from_row(row))).collect());

fn from_row(&(group, resource, kind, short_names, traits, fields): &Row) -> Kind {
    Kind {
        group: group.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        kind: kind.to_owned(),
        singular: kind.to_lowercase(),
        short_names: short_names.iter().map(ToString::to_string).collect(),
        namespaced: !traits.contains(&CLUSTER),
        status: traits.contains(&STATUS),
        generation: traits.contains(&GENERATION),
        returns_deleted: traits.contains(&RETURNS),
        fields: Some(fields),
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
    }
}

/// Every kind that is there from the start.
pub(crate) fn built_in() -> Vec<Arc<Kind>> {
    BUILT_IN.clone()
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
    })
}

/// Whether a real API server serves this although the embedded one does not: such a request is answered with 501, so
/// that no test mistakes a gap of ours for an empty cluster.
pub(crate) fn only_in_real_clusters(group: &str, resource: &str) -> bool {
    match group {
        "" => [
            "bindings",
            "componentstatuses",
            "limitranges",
            "persistentvolumeclaims",
            "persistentvolumes",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
        ]
        .contains(&resource),
        "apps" => ["controllerrevisions", "replicasets", "statefulsets"].contains(&resource),
        "admissionregistration.k8s.io" => {
            resource.ends_with("policies") || resource.ends_with("policybindings")
        }
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
        | "storage.k8s.io" => true,
        _ => false,
    }
}
