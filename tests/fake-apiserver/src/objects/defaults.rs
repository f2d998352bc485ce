//! Defaults that the API server fills in, and values that it folds, before an object is stored.
//!
//! Only the defaults that were seen on a real API server for the kinds that the suite writes. Refusals are in `validate`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::model::kinds::Kind;
use crate::objects::json::{default, drop_empty, items};
use crate::objects::pods;
use crate::objects::schema;
use crate::objects::services;

/// Brings an object into the form in which it is stored and shown.
pub(crate) fn fill(kind: &Kind, object: &mut Value) {
    drop_nulls(object);
    object["kind"] = kind.kind.as_str().into();
    object["apiVersion"] = kind.api_version().into();
    match kind.resource.as_str() {
        "secrets" => secret(object),
        "namespaces" => namespace(object),
        "services" if kind.group.is_empty() => services::fill(object),
        "deployments" => deployment(object),
        "daemonsets" => daemon_set(object),
        "clusterroles" | "roles" => rules(object),
        "clusterrolebindings" | "rolebindings" => binding(object),
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => {
            webhooks(kind, object);
        }
        "customresourcedefinitions" => definition(object),
        "pods" => {
            default(object, "status", json!({"phase": "Pending"}));
            pods::fill(&mut object["spec"]);
        }
        "leases" => default(object, "spec", json!({})),
        "endpointslices" => with_protocol(object),
        "endpoints" => items(object, "subsets").for_each(with_protocol),
        "horizontalpodautoscalers" => autoscaler(object),
        "poddisruptionbudgets" => budget(object),
        _ => {}
    }
    if let Some(schema) = &kind.schema {
        schema::fill(schema, object);
    }
    drop_empty(
        object,
        &[
            "data",
            "binaryData",
            "stringData",
            "subjects",
            "secrets",
            "imagePullSecrets",
        ],
    );
    if let Some(metadata) = object.get_mut("metadata") {
        drop_empty(
            metadata,
            &["labels", "annotations", "finalizers", "ownerReferences"],
        );
    }
    order(object);
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, child| !child.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `kind`, `apiVersion` and `metadata` first, and the identity first within `metadata`, as Go's structs come out.
fn order(object: &mut Value) {
    fn first(value: &mut Value, names: &[&str]) {
        let Value::Object(map) = value else { return };
        let mut ordered = Map::new();
        for name in names {
            if let Some(child) = map.shift_remove(*name) {
                ordered.insert((*name).to_owned(), child);
            }
        }
        ordered.append(map);
        *map = ordered;
    }
    first(object, &["kind", "apiVersion", "metadata"]);
    if let Some(metadata) = object.get_mut("metadata") {
        let identity = [
            "name",
            "generateName",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "labels",
            "annotations",
        ];
        first(metadata, &identity);
    }
}

/// `stringData` is written into `data` and never stored
/// (<https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data>).
fn secret(object: &mut Value) {
    if let Some(Value::Object(texts)) = object
        .as_object_mut()
        .and_then(|map| map.shift_remove("stringData"))
        && !texts.is_empty()
    {
        default(object, "data", json!({}));
        for (key, text) in texts {
            object["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
        }
    }
    default(object, "type", "Opaque".into());
}

fn namespace(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    default(&mut object["metadata"], "labels", json!({}));
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
}

/// Adds to a new object, after its owners were noted, what belongs to nobody: phases, addresses, ports.
pub(crate) fn allocate(kind: &Kind, object: &mut Value) {
    match kind.resource.as_str() {
        "namespaces" => {
            default(object, "spec", json!({}));
            default(&mut object["spec"], "finalizers", json!(["kubernetes"]));
            default(object, "status", json!({}));
            default(&mut object["status"], "phase", "Active".into());
        }
        "services" => services::allocate(object),
        _ => return,
    }
    order(object);
}

fn deployment(object: &mut Value) {
    default(object, "spec", json!({}));
    let spec = &mut object["spec"];
    default(spec, "replicas", 1.into());
    default(spec, "template", json!({}));
    default(&mut spec["template"], "spec", json!({}));
    pods::fill(&mut spec["template"]["spec"]);
    default(spec, "strategy", json!({}));
    default(&mut spec["strategy"], "type", "RollingUpdate".into());
    if spec["strategy"]["type"] == "RollingUpdate" {
        default(&mut spec["strategy"], "rollingUpdate", json!({}));
        default(
            &mut spec["strategy"]["rollingUpdate"],
            "maxUnavailable",
            "25%".into(),
        );
        default(
            &mut spec["strategy"]["rollingUpdate"],
            "maxSurge",
            "25%".into(),
        );
    }
    default(spec, "revisionHistoryLimit", 10.into());
    default(spec, "progressDeadlineSeconds", 600.into());
    default(object, "status", json!({}));
}

fn with_protocol(holder: &mut Value) {
    for port in items(holder, "ports") {
        default(port, "protocol", "TCP".into());
    }
}

fn autoscaler(object: &mut Value) {
    let spec = &mut object["spec"];
    default(spec, "minReplicas", 1.into());
    let target = json!({"type": "Utilization", "averageUtilization": 80});
    let usual = json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
    default(spec, "metrics", usual);
    default(object, "status", json!({}));
    default(&mut object["status"], "desiredReplicas", 0.into());
    if object["status"].get("currentMetrics").is_none() {
        object["status"]["currentMetrics"] = Value::Null;
    }
}

fn budget(object: &mut Value) {
    default(object, "status", json!({}));
    for count in [
        "disruptionsAllowed",
        "currentHealthy",
        "desiredHealthy",
        "expectedPods",
    ] {
        default(&mut object["status"], count, 0.into());
    }
}

fn daemon_set(object: &mut Value) {
    default(object, "spec", json!({}));
    let spec = &mut object["spec"];
    default(spec, "template", json!({}));
    default(&mut spec["template"], "spec", json!({}));
    pods::fill(&mut spec["template"]["spec"]);
    default(
        spec,
        "updateStrategy",
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}),
    );
    default(spec, "revisionHistoryLimit", 10.into());
    default(
        object,
        "status",
        json!({"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0}),
    );
}

/// A role's rules are never left out: a role without any shows `null`.
fn rules(object: &mut Value) {
    if object["rules"].as_array().is_none_or(Vec::is_empty) {
        object["rules"] = Value::Null;
    }
}

fn binding(object: &mut Value) {
    if object.get("roleRef").is_some() {
        default(
            &mut object["roleRef"],
            "apiGroup",
            "rbac.authorization.k8s.io".into(),
        );
    }
    for subject in items(object, "subjects") {
        if subject["kind"] != "ServiceAccount" {
            default(subject, "apiGroup", "rbac.authorization.k8s.io".into());
        }
    }
}

fn webhooks(kind: &Kind, object: &mut Value) {
    for webhook in items(object, "webhooks") {
        default(webhook, "failurePolicy", "Fail".into());
        default(webhook, "matchPolicy", "Equivalent".into());
        default(webhook, "namespaceSelector", json!({}));
        default(webhook, "objectSelector", json!({}));
        default(webhook, "timeoutSeconds", 10.into());
        if kind.resource == "mutatingwebhookconfigurations" {
            default(webhook, "reinvocationPolicy", "Never".into());
        }
        if let Some(service) = webhook
            .get_mut("clientConfig")
            .and_then(|config| config.get_mut("service"))
        {
            default(service, "port", 443.into());
        }
        for rule in items(webhook, "rules") {
            default(rule, "scope", "*".into());
        }
        drop_nulls(webhook);
    }
}

/// A definition is served at once: there is no controller that would take its time.
fn definition(object: &mut Value) {
    let plural = object["spec"]["names"]["plural"].clone();
    let singular = object["spec"]["names"]["kind"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    default(&mut object["spec"]["names"], "singular", singular.into());
    let list = format!(
        "{}List",
        object["spec"]["names"]["kind"].as_str().unwrap_or_default()
    );
    default(&mut object["spec"]["names"], "listKind", list.into());
    default(
        &mut object["spec"],
        "conversion",
        json!({"strategy": "None"}),
    );
    let names = object["spec"]["names"].clone();
    let stored = object["spec"]["versions"]
        .as_array()
        .map(|versions| {
            versions
                .iter()
                .filter(|v| v["storage"] == true)
                .map(|v| v["name"].clone())
                .collect::<Vec<_>>()
        })
        .unwrap_or_default();
    let condition = |kind: &str, reason: &str| json!({"type": kind, "status": "True", "reason": reason, "message": plural});
    default(
        object,
        "status",
        json!({
            "conditions": [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
            "acceptedNames": names,
            "storedVersions": stored,
        }),
    );
}
