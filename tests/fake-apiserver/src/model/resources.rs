//! The resources that every Kubernetes cluster has, as data: a row for each that the embedded cluster serves.
//!
//! What a row means is in `kinds`; which fields merge how in `fields`, what is filled in in `defaults`.

use std::sync::{Arc, LazyLock};

use crate::model::kinds::{Kind, SPEC_STATUS};

const STATUS: &str = "status";
const GENERATION: &str = "generation";
const CLUSTER: &str = "cluster";
const RETURNS: &str = "returns-deleted";

/// Group (with a version that is not v1), resource, kind, short names, traits, top-level fields.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

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
    (
        "autoscaling/v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        &[STATUS],
        SPEC_STATUS,
    ),
    (
        "policy",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        &["pdb"],
        &[STATUS, GENERATION],
        SPEC_STATUS,
    ),
];

static BUILT_IN: LazyLock<Vec<Arc<Kind>>> =
    LazyLock::new(|| ROWS.iter().map(|row| Arc::new(from_row(row))).collect());

fn from_row(&(group, resource, kind, short_names, traits, fields): &Row) -> Kind {
    let (group, version) = group.split_once('/').unwrap_or((group, "v1"));
    Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        resource: resource.to_owned(),
        kind: kind.to_owned(),
        singular: kind.to_lowercase(),
        short_names: short_names.iter().map(ToString::to_string).collect(),
        namespaced: !traits.contains(&CLUSTER),
        status: traits.contains(&STATUS),
        generation: traits.contains(&GENERATION),
        returns_deleted: traits.contains(&RETURNS),
        fields: Some(fields),
        schema: None,
    }
}

/// Every kind that is there from the start.
pub(crate) fn built_in() -> Vec<Arc<Kind>> {
    BUILT_IN.clone()
}
