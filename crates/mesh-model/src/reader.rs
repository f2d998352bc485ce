//! The reader: the ServiceAccount with which other clusters' control planes read this cluster, and its permissions.
//!
//! The objects are those of Istio's own charts (`base`, template `reader-serviceaccount.yaml`; `istiod`, templates
//! `reader-clusterrole.yaml` and `reader-clusterrolebinding.yaml`), including the labels, so that a later installation
//! recognizes them as its own.

use std::collections::BTreeMap;

use k8s_openapi::api::authorization::v1::ResourceRule;
use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::names::{
    READER_ACCOUNT, READER_APP, SERVICE_ACCOUNT_NAME, SERVICE_ACCOUNT_TOKEN, TOKEN_SECRET_SUFFIX,
    VERSION_LABEL,
};

/// The Istio version of the charts that these objects are copied from; it is visible in their labels.
pub const CHART_VERSION: &str = "1.31.0";

const READ: [&str; 3] = ["get", "list", "watch"];

/// The rules of the chart's reader role: API groups, resources, verbs.
const RULES: [(&[&str], &[&str], &[&str]); 11] = [
    (
        &[
            "config.istio.io",
            "security.istio.io",
            "networking.istio.io",
            "authentication.istio.io",
            "rbac.istio.io",
            "telemetry.istio.io",
            "extensions.istio.io",
        ],
        &["*"],
        &READ,
    ),
    (
        &[""],
        &[
            "endpoints",
            "pods",
            "services",
            "nodes",
            "replicationcontrollers",
            "namespaces",
            "secrets",
            "configmaps",
        ],
        &READ,
    ),
    (
        &["networking.istio.io"],
        &["workloadentries"],
        &["get", "watch", "list"],
    ),
    (
        &["networking.x-k8s.io", "gateway.networking.k8s.io"],
        &["gateways"],
        &["get", "watch", "list"],
    ),
    (
        &["apiextensions.k8s.io"],
        &["customresourcedefinitions"],
        &READ,
    ),
    (&["discovery.k8s.io"], &["endpointslices"], &READ),
    (
        &["multicluster.x-k8s.io"],
        &["serviceexports"],
        &["get", "list", "watch", "create", "delete"],
    ),
    (&["multicluster.x-k8s.io"], &["serviceimports"], &READ),
    (&["apps"], &["replicasets"], &READ),
    (&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
    (
        &["authorization.k8s.io"],
        &["subjectaccessreviews"],
        &["create"],
    ),
];

/// The rules that the chart adds if `istiodRemote.enabled` is set, for remote clusters that another cluster's istiod
/// manages.
const REMOTE_RULES: [(&[&str], &[&str], &[&str]); 3] = [
    (
        &[""],
        &["configmaps"],
        &["create", "get", "list", "watch", "update"],
    ),
    (
        &["admissionregistration.k8s.io"],
        &["mutatingwebhookconfigurations"],
        &["get", "list", "watch", "update", "patch"],
    ),
    (
        &["admissionregistration.k8s.io"],
        &["validatingwebhookconfigurations"],
        &["get", "list", "watch", "update"],
    ),
];

/// The permissions of every authenticated account in Kubernetes (`system:basic-user`). Source:
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles>.
const EVERYBODY: [(&[&str], &[&str], &[&str]); 2] = [
    (
        &["authorization.k8s.io"],
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        &["create"],
    ),
    (
        &["authentication.k8s.io"],
        &["selfsubjectreviews"],
        &["create"],
    ),
];

/// Returns the permissions in `granted` beyond the chart's reader role, one text each (`delete pods`), sorted.
pub fn excess(granted: &[ResourceRule]) -> Vec<String> {
    let known: Vec<_> = RULES
        .iter()
        .chain(&REMOTE_RULES)
        .chain(&EVERYBODY)
        .collect();
    let covered = |group: &str, resource: &str, verb: &str| {
        known.iter().any(|(groups, resources, verbs)| {
            groups.contains(&group)
                && (resources.contains(&"*") || resources.contains(&resource))
                && verbs.contains(&verb)
        })
    };
    let mut more = std::collections::BTreeSet::new();
    for rule in granted {
        let groups = rule.api_groups.as_deref().unwrap_or_default();
        for resource in rule.resources.as_deref().unwrap_or_default() {
            for verb in &rule.verbs {
                for group in groups
                    .iter()
                    .filter(|group| !covered(group, resource, verb))
                {
                    let dot = if group.is_empty() { "" } else { "." };
                    more.insert(format!("{verb} {resource}{dot}{group}"));
                }
            }
        }
    }
    more.into_iter().collect()
}

/// Returns the namespace, without labels, as istioctl creates it.
pub fn namespace(name: &str) -> Namespace {
    Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    }
}

/// Returns the reader's ServiceAccount in `namespace`.
pub fn account(namespace: &str) -> ServiceAccount {
    ServiceAccount {
        metadata: ObjectMeta {
            name: Some(READER_ACCOUNT.to_owned()),
            namespace: Some(namespace.to_owned()),
            labels: Some(labels("base")),
            ..ObjectMeta::default()
        },
        ..ServiceAccount::default()
    }
}

/// Returns the name of the reader's ClusterRole and of its binding, for the default revision.
pub fn role_name(namespace: &str) -> String {
    format!("istio-reader-clusterrole-{namespace}")
}

/// Returns the reader's ClusterRole.
pub fn role(namespace: &str) -> ClusterRole {
    let owned = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let rule = |(groups, resources, verbs): &(&[&str], &[&str], &[&str])| PolicyRule {
        api_groups: Some(owned(groups)),
        resources: Some(owned(resources)),
        verbs: owned(verbs),
        ..PolicyRule::default()
    };
    ClusterRole {
        metadata: cluster_metadata(namespace),
        rules: Some(RULES.iter().map(rule).collect()),
        ..ClusterRole::default()
    }
}

/// Returns the binding of the reader's ClusterRole to its ServiceAccount.
pub fn binding(namespace: &str) -> ClusterRoleBinding {
    ClusterRoleBinding {
        metadata: cluster_metadata(namespace),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: role_name(namespace),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: READER_ACCOUNT.to_owned(),
            namespace: Some(namespace.to_owned()),
            ..Subject::default()
        }]),
    }
}

/// Returns whether `binding` grants a role to the account `name` of `namespace`.
pub fn binds(binding: &ClusterRoleBinding, namespace: &str, name: &str) -> bool {
    binding.subjects.iter().flatten().any(|subject| {
        subject.kind == "ServiceAccount"
            && subject.name == name
            && subject.namespace.as_deref() == Some(namespace)
    })
}

/// Returns the name of the token Secret that istioctl creates for `account`.
pub fn token_secret_name(account: &str) -> String {
    format!("{account}{TOKEN_SECRET_SUFFIX}")
}

/// Returns a Secret that Kubernetes fills with a token of `account`.
pub fn token_secret(namespace: &str, account: &str, name: &str) -> Secret {
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            annotations: Some(BTreeMap::from([(
                SERVICE_ACCOUNT_NAME.to_owned(),
                account.to_owned(),
            )])),
            ..ObjectMeta::default()
        },
        type_: Some(SERVICE_ACCOUNT_TOKEN.to_owned()),
        ..Secret::default()
    }
}

/// Returns whether `secret` is a token Secret of `account`.
pub fn is_token_of(secret: &Secret, account: &str) -> bool {
    let annotations = secret.metadata.annotations.as_ref();
    secret.type_.as_deref() == Some(SERVICE_ACCOUNT_TOKEN)
        && annotations
            .and_then(|all| all.get(SERVICE_ACCOUNT_NAME))
            .is_some_and(|name| name == account)
}

/// Returns the label selector for the reader's objects, of every revision.
pub fn selector() -> String {
    format!("app={READER_APP}")
}

fn cluster_metadata(namespace: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(role_name(namespace)),
        labels: Some(labels("istiod")),
        ..ObjectMeta::default()
    }
}

fn labels(chart: &str) -> BTreeMap<String, String> {
    let chart = format!("{chart}-{CHART_VERSION}");
    [
        ("app", READER_APP),
        ("app.kubernetes.io/instance", "istio"),
        ("app.kubernetes.io/managed-by", "Helm"),
        ("app.kubernetes.io/name", READER_APP),
        ("app.kubernetes.io/part-of", "istio"),
        (VERSION_LABEL, CHART_VERSION),
        ("helm.sh/chart", &chart),
        ("release", "istio"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio_version::IstioVersion;
    use crate::required_rights::{Required, required_rights};

    #[test]
    fn the_chart_role_covers_all_that_istiod_needs_and_is_no_excess_of_itself() {
        let rules: Vec<ResourceRule> = role("istio-system")
            .rules
            .unwrap()
            .into_iter()
            .map(|rule| ResourceRule {
                api_groups: rule.api_groups,
                resources: rule.resources,
                resource_names: None,
                verbs: rule.verbs,
            })
            .collect();
        assert_eq!(excess(&rules), Vec::<String>::new());
        let newest = IstioVersion::read(CHART_VERSION);
        for Required { right, .. } in required_rights(&[newest]) {
            let granted = rules.iter().any(|rule| {
                let has = |list: &Option<Vec<String>>, item: &str| {
                    list.iter()
                        .flatten()
                        .any(|entry| entry == item || entry == "*")
                };
                has(&rule.api_groups, &right.group)
                    && has(&rule.resources, &right.resource)
                    && rule.verbs.iter().any(|verb| *verb == right.verb)
            });
            assert!(granted, "{right}");
        }
    }

    #[test]
    fn more_than_the_chart_role_is_named() {
        let rule = |groups: &[&str], resources: &[&str], verbs: &[&str]| ResourceRule {
            api_groups: Some(groups.iter().map(|g| (*g).to_owned()).collect()),
            resources: Some(resources.iter().map(|r| (*r).to_owned()).collect()),
            resource_names: None,
            verbs: verbs.iter().map(|v| (*v).to_owned()).collect(),
        };
        let granted = [
            rule(&[""], &["pods"], &["get", "delete"]),
            rule(&["*"], &["*"], &["*"]),
        ];
        assert_eq!(excess(&granted), ["* *.*", "delete pods"]);
    }
}
