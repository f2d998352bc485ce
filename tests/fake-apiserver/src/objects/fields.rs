//! The fields of an object and how they merge: the shape (map, list with keys, set, or one indivisible value) of each,
//! and how two states of an object differ.
//!
//! Knows nothing of managers or conflicts. Format: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::kinds::Kind;
use crate::objects::field_set::{FieldSet, Path, Step};
use crate::objects::schema::{self, Shape};

/// The shape of the value at a path
/// (the list-type and map-type markers of <https://github.com/kubernetes/api>).
pub(crate) fn shape(kind: &Kind, path: &[Step], value: &Value) -> Shape {
    if let Some(schema) = &kind.schema
        && path.first() != Some(&Step::Field("metadata".to_owned()))
    {
        return schema::shape(schema, path, value);
    }
    let names: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Key(_) | Step::Item(_) => None,
        })
        .collect();
    match value {
        Value::Object(_) if atomic_map(kind, &names) => Shape::Atomic,
        Value::Object(_) => Shape::Map,
        Value::Array(_) => list_shape(kind, &names),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Shape::Atomic,
    }
}

fn atomic_map(kind: &Kind, names: &[&str]) -> bool {
    match names {
        ["roleRef" | "involvedObject"] | ["spec", "selector"] | ["metadata", "ownerReferences"] => {
            true
        }
        ["secrets"] => kind.resource == "serviceaccounts",
        [.., last] => [
            "imagePullSecrets",
            "nodeSelector",
            "namespaceSelector",
            "objectSelector",
            "labelSelector",
            "fieldRef",
            "secretKeyRef",
            "configMapKeyRef",
            "resourceFieldRef",
            "targetRef",
            "claimRef",
            "requiredDuringSchedulingIgnoredDuringExecution",
        ]
        .contains(last),
        [] => false,
    }
}

fn list_shape(kind: &Kind, names: &[&str]) -> Shape {
    match names {
        ["metadata", "finalizers"] => return Shape::Set,
        ["metadata", "ownerReferences"] => return keyed(&["uid"]),
        ["spec", "ports"] if kind.resource == "services" => {
            return keyed(&["port", "protocol"]);
        }
        ["secrets" | "imagePullSecrets"] if kind.resource == "serviceaccounts" => {
            return if names == ["secrets"] {
                keyed(&["name"])
            } else {
                Shape::Atomic
            };
        }
        ["webhooks"] | ["webhooks", "matchConditions"] => return keyed(&["name"]),
        _ => {}
    }
    match names.last().copied() {
        Some(
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "env"
            | "volumes"
            | "imagePullSecrets",
        ) => keyed(&["name"]),
        Some("topologySpreadConstraints") => keyed(&["topologyKey", "whenUnsatisfiable"]),
        Some("volumeMounts") => keyed(&["mountPath"]),
        Some("conditions") => keyed(&["type"]),
        Some("ports") if names.contains(&"containers") || names.contains(&"initContainers") => {
            keyed(&["containerPort", "protocol"])
        }
        _ => Shape::Atomic,
    }
}

fn keyed(keys: &[&str]) -> Shape {
    Shape::Keyed(keys.iter().map(ToString::to_string).collect())
}

/// Returns the key of one item of a keyed list. A missing protocol is TCP, the only default among list keys.
pub(crate) fn item_key(keys: &[String], item: &Value) -> String {
    let mut found = BTreeMap::new();
    for key in keys {
        let value = match item.get(key) {
            Some(value) => value.clone(),
            None if key == "protocol" => "TCP".into(),
            None => continue,
        };
        found.insert(key.as_str(), value);
    }
    serde_json::to_string(&found).expect("JSON can be written")
}

/// The paths that a configuration sets, as server-side apply counts them: leaves, map entries and list items.
pub(crate) fn applied(kind: &Kind, value: &Value) -> FieldSet {
    let mut found = FieldSet::default();
    collect_applied(kind, value, &mut Vec::new(), &mut found.0);
    found
}

fn collect_applied(kind: &Kind, value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    let children = children(kind, path, value);
    if children.is_empty() {
        if !path.is_empty() {
            found.insert(path.clone());
        }
        return;
    }
    // Entries of a map count by themselves, fields of a structure do not.
    let map = kind
        .schema
        .as_ref()
        .is_some_and(|schema| schema::is_map(schema, path));
    for (step, child) in children {
        let item = map || !matches!(step, Step::Field(_));
        path.push(step);
        if item {
            found.insert(path.clone());
        }
        if child.is_object() || matches!(path.last(), Some(Step::Field(_))) {
            collect_applied(kind, child, path, found);
        }
        path.pop();
    }
}

/// The steps below a value that merge by themselves; none for what is replaced as a whole.
pub(crate) fn children<'a>(kind: &Kind, path: &[Step], value: &'a Value) -> Vec<(Step, &'a Value)> {
    match (shape(kind, path, value), value) {
        (Shape::Map, Value::Object(map)) => map
            .iter()
            .map(|(name, child)| (Step::Field(name.clone()), child))
            .collect(),
        (Shape::Keyed(keys), Value::Array(items)) => items
            .iter()
            .map(|item| (Step::Key(item_key(&keys, item)), item))
            .collect(),
        (Shape::Set, Value::Array(items)) => items
            .iter()
            .map(|item| (Step::Item(item.to_string()), item))
            .collect(),
        _ => Vec::new(),
    }
}

/// The difference of two states of an object, by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Difference {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

/// Compares two states. What Go's structs always write (an empty `metadata`, `spec`, …) is never seen as added.
pub(crate) fn compare(kind: &Kind, old: &Value, new: &Value) -> Difference {
    let (old, new) = (flatten(kind, old), flatten(kind, new));
    let mut difference = Difference::default();
    for (path, node) in &new {
        match old.get(path) {
            None => {
                if !(node.is_none() && always_written(kind, path)) {
                    difference.added.0.insert(path.clone());
                }
            }
            Some(before) if before != node && before.is_some() && node.is_some() => {
                difference.modified.0.insert(path.clone());
            }
            Some(_) => {}
        }
    }
    for path in old.keys() {
        if !new.contains_key(path) {
            difference.removed.0.insert(path.clone());
        }
    }
    difference
}

/// Every path with its value, or with none where the value is what lies below.
fn flatten(kind: &Kind, value: &Value) -> BTreeMap<Path, Option<Value>> {
    fn walk(
        kind: &Kind,
        value: &Value,
        path: &mut Path,
        found: &mut BTreeMap<Path, Option<Value>>,
    ) {
        let below = children(kind, path, value);
        if !path.is_empty() {
            let own = if below.is_empty() {
                Some(value.clone())
            } else {
                None
            };
            found.insert(path.clone(), own);
        }
        for (step, child) in below {
            path.push(step);
            walk(kind, child, path, found);
            path.pop();
        }
    }
    let mut found = BTreeMap::new();
    walk(kind, value, &mut Vec::new(), &mut found);
    found
}

fn always_written(kind: &Kind, path: &[Step]) -> bool {
    let Some(Step::Field(name)) = path.last() else {
        return false;
    };
    if kind.is_custom() {
        return path.len() == 1 && name == "metadata";
    }
    let always = [
        "metadata",
        "spec",
        "status",
        "template",
        "strategy",
        "updateStrategy",
        "loadBalancer",
        "containers",
        "boundObjectRef",
    ];
    always.contains(&name.as_str())
}
