//! Extraction of the fields that one field manager applied to an object, so that the next apply does not release them.
//!
//! Server-side apply removes fields that a manager applied before and leaves out now. To apply a single label to an
//! object, the manager must repeat everything else that it applied to it. Source:
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>; the encoding of fields:
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/> (`fieldsV1`).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::{Map, Value, json};

/// Returns the part of `object` that `manager` applied to it, with its identifying fields; `object` is as the server
/// returns it.
pub fn applied_by(object: &Value, manager: &str) -> Value {
    let entries = object["metadata"]["managedFields"].as_array();
    let own = entries.into_iter().flatten().find(|entry| {
        entry["manager"] == manager
            && entry["operation"] == "Apply"
            && entry["subresource"].as_str().unwrap_or_default().is_empty()
    });
    let mut part = own
        .and_then(|entry| extract(object, &entry["fieldsV1"]))
        .unwrap_or_else(|| json!({}));
    for key in ["apiVersion", "kind"] {
        part[key] = object[key].clone();
    }
    if !part["metadata"].is_object() {
        part["metadata"] = json!({});
    }
    for key in ["name", "namespace"] {
        if object["metadata"][key].is_string() {
            part["metadata"][key] = object["metadata"][key].clone();
        }
    }
    part
}

/// Returns the part of the value that `fields` names; a leaf names all of it.
fn extract(value: &Value, fields: &Value) -> Option<Value> {
    let fields = fields.as_object()?;
    if fields.keys().all(|field| field == ".") {
        return Some(value.clone());
    }
    match value {
        Value::Object(object) => {
            let part: Map<String, Value> = fields
                .iter()
                .filter_map(|(field, inner)| {
                    let name = field.strip_prefix("f:")?;
                    Some((name.to_owned(), extract(object.get(name)?, inner)?))
                })
                .collect();
            Some(Value::Object(part))
        }
        Value::Array(items) => Some(Value::Array(
            items
                .iter()
                .filter_map(|item| of_list(item, fields))
                .collect(),
        )),
        other => Some(other.clone()),
    }
}

/// Returns the part of one list item that `fields` names, with its merge keys.
fn of_list(item: &Value, fields: &Map<String, Value>) -> Option<Value> {
    fields.iter().find_map(|(field, inner)| {
        if let Some(exact) = field.strip_prefix("v:") {
            let exact: Value = serde_json::from_str(exact).ok()?;
            return (exact == *item).then(|| item.clone());
        }
        let keys: Map<String, Value> = serde_json::from_str(field.strip_prefix("k:")?).ok()?;
        if keys.iter().any(|(key, value)| item[key] != *value) {
            return None;
        }
        let mut part = extract(item, inner)?;
        for (key, value) in keys {
            part[key.as_str()] = value;
        }
        Some(part)
    })
}

/// The owner of a field of an object's metadata.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The field manager.
    pub manager: String,
    /// True if it applied the field server-side, and so would restore it; false if it wrote the field once.
    pub applied: bool,
}

/// Returns the owners of `metadata.<map>.<key>`, sorted; `map` is `labels` or `annotations`.
pub fn owners(meta: &ObjectMeta, map: &str, key: &str) -> Vec<Owner> {
    let owns = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        fields.is_some_and(|fields| {
            fields["f:metadata"][format!("f:{map}")]
                .get(format!("f:{key}"))
                .is_some()
        })
    };
    let mut owners: Vec<Owner> = meta
        .managed_fields
        .iter()
        .flatten()
        .filter(owns)
        .map(|entry| Owner {
            manager: entry.manager.clone().unwrap_or_default(),
            applied: entry.operation.as_deref() == Some("Apply"),
        })
        .collect();
    owners.sort();
    owners.dedup();
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Value {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "1", "b": "2"},
                "finalizers": ["x/ours", "x/theirs"],
                "managedFields": [
                    {"manager": "us", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:b": {}}}}},
                    {"manager": "us", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {}}},
                    {"manager": "us", "operation": "Apply", "fieldsV1": {
                        "f:metadata": {"f:labels": {"f:a": {}, "f:gone": {}}, "f:finalizers": {"v:\"x/ours\"": {}}},
                        "f:spec": {
                            "f:selector": {},
                            "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}, "f:port": {}}}}}},
                ]},
            "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "web"}, "ports": [
                {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80},
                {"name": "other", "port": 81, "protocol": "TCP"}]},
            "status": {"loadBalancer": {}},
        })
    }

    #[test]
    fn what_was_applied_is_taken_out_and_nothing_else() {
        assert_eq!(
            applied_by(&service(), "us"),
            json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "1"}, "finalizers": ["x/ours"]},
                "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]},
            })
        );
    }

    #[test]
    fn who_applied_nothing_repeats_nothing() {
        assert_eq!(
            applied_by(&service(), "nobody"),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}})
        );
    }

    #[test]
    fn owners_are_told_with_how_they_wrote() {
        let meta: ObjectMeta = serde_json::from_value(service()["metadata"].clone()).unwrap();
        let owner = |applied| Owner {
            manager: "us".to_owned(),
            applied,
        };
        assert_eq!(owners(&meta, "labels", "a"), [owner(true)]);
        assert_eq!(owners(&meta, "labels", "b"), [owner(false)]);
        assert_eq!(owners(&meta, "annotations", "a"), []);
    }
}
