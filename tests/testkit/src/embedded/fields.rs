//! Which fields an object has and how they merge: the paths of `managedFields`, and the shape (map, list with keys, set,
//! or one indivisible value) of each.
//!
//! Knows nothing of managers or conflicts. Format: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::kinds::Kind;

/// One step of a path into an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A field or map key.
    Field(String),
    /// An item of a keyed list, by its keys as JSON with sorted names.
    Key(String),
    /// A member of a set, as JSON.
    Item(String),
}

/// A path from the root of an object.
pub(crate) type Path = Vec<Step>;

/// A set of paths, as one manager owns them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSet(pub(crate) BTreeSet<Path>);

/// How a value merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Replaced as a whole.
    Atomic,
    /// Merged field by field.
    Map,
    /// A list whose items are told apart by these fields.
    Keyed(&'static [&'static str]),
    /// A list of distinct scalars.
    Set,
}

/// The shape of the value at a path
/// (the list-type and map-type markers of <https://github.com/kubernetes/api>).
pub(crate) fn shape(kind: &Kind, path: &[Step], value: &Value) -> Shape {
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
    if kind.is_custom() {
        return false;
    }
    match names {
        ["roleRef"]
        | ["involvedObject"]
        | ["spec", "selector"]
        | ["metadata", "ownerReferences"] => true,
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
        ]
        .contains(last),
        [] => false,
    }
}

fn list_shape(kind: &Kind, names: &[&str]) -> Shape {
    match names {
        ["metadata", "finalizers"] => return Shape::Set,
        ["metadata", "ownerReferences"] => return Shape::Keyed(&["uid"]),
        _ if kind.is_custom() => return Shape::Atomic,
        ["spec", "ports"] if kind.resource == "services" => {
            return Shape::Keyed(&["port", "protocol"]);
        }
        ["secrets" | "imagePullSecrets"] if kind.resource == "serviceaccounts" => {
            return if names == ["secrets"] {
                Shape::Keyed(&["name"])
            } else {
                Shape::Atomic
            };
        }
        ["webhooks"] | ["webhooks", "matchConditions"] => return Shape::Keyed(&["name"]),
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
        ) => Shape::Keyed(&["name"]),
        Some("volumeMounts") => Shape::Keyed(&["mountPath"]),
        Some("conditions") => Shape::Keyed(&["type"]),
        Some("ports") if names.contains(&"containers") || names.contains(&"initContainers") => {
            Shape::Keyed(&["containerPort", "protocol"])
        }
        _ => Shape::Atomic,
    }
}

/// What tells one item of a keyed list apart. A missing protocol is TCP, the only default among list keys.
pub(crate) fn item_key(keys: &[&str], item: &Value) -> String {
    let mut found = BTreeMap::new();
    for key in keys {
        let value = match item.get(key) {
            Some(value) => value.clone(),
            None if *key == "protocol" => "TCP".into(),
            None => continue,
        };
        found.insert(*key, value);
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
    for (step, child) in children {
        let item = !matches!(step, Step::Field(_));
        path.push(step);
        if item {
            found.insert(path.clone());
        }
        if !item || child.is_object() {
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
            .map(|item| (Step::Key(item_key(keys, item)), item))
            .collect(),
        (Shape::Set, Value::Array(items)) => items
            .iter()
            .map(|item| (Step::Item(item.to_string()), item))
            .collect(),
        _ => Vec::new(),
    }
}

/// How two states of an object differ, by path.
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
    match name.as_str() {
        "metadata" | "spec" | "status" | "template" | "strategy" | "updateStrategy"
        | "loadBalancer" | "containers" | "boundObjectRef" => true,
        _ => false,
    }
}

/// The path as conflict messages show it: `.spec.ports[port=443,protocol="TCP"].targetPort`.
pub(crate) fn show(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Key(key) => {
                let keys: BTreeMap<String, Value> = serde_json::from_str(key).unwrap_or_default();
                let pairs: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let _ = write!(text, "[{}]", pairs.join(","));
            }
            Step::Item(item) => {
                let _ = write!(text, "[={item}]");
            }
        }
    }
    text
}

impl FieldSet {
    /// Reads `fieldsV1`.
    pub(crate) fn from_json(value: &Value) -> Self {
        fn walk(value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
            let Value::Object(map) = value else { return };
            if (map.is_empty() || map.contains_key(".")) && !path.is_empty() {
                found.insert(path.clone());
            }
            for (name, child) in map {
                let step = match name.split_once(':') {
                    Some(("f", field)) => Step::Field(field.to_owned()),
                    Some(("k", key)) => Step::Key(key.to_owned()),
                    Some(("v", item)) => Step::Item(item.to_owned()),
                    _ => continue,
                };
                path.push(step);
                walk(child, path, found);
                path.pop();
            }
        }
        let mut found = Self::default();
        walk(value, &mut Vec::new(), &mut found.0);
        found
    }

    /// Writes `fieldsV1`. Paths come in order, so a parent is always there before what lies below it.
    pub(crate) fn to_json(&self) -> Value {
        let mut root = Value::Object(Map::new());
        for path in &self.0 {
            let mut node = &mut root;
            for (depth, step) in path.iter().enumerate() {
                let name = match step {
                    Step::Field(field) => format!("f:{field}"),
                    Step::Key(key) => format!("k:{key}"),
                    Step::Item(item) => format!("v:{item}"),
                };
                let parent_is_member = depth > 0 && self.0.contains(&path[..depth]);
                if let Value::Object(map) = &mut *node
                    && parent_is_member
                    && map.is_empty()
                {
                    map.insert(".".to_owned(), Value::Object(Map::new()));
                }
                node = &mut node[name];
                if node.is_null() {
                    *node = Value::Object(Map::new());
                }
            }
        }
        root
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// The paths as conflicts list them: at each level what ends there before what goes on.
    pub(crate) fn in_order(&self) -> Vec<&Path> {
        let mut paths: Vec<&Path> = self.0.iter().collect();
        paths.sort_by_cached_key(|path| {
            let last = path.len().saturating_sub(1);
            path.iter()
                .enumerate()
                .map(|(depth, step)| (depth < last, step.clone()))
                .collect::<Vec<_>>()
        });
        paths
    }

    /// Whether this path, or anything below it, is in the set.
    pub(crate) fn owns_at_or_below(&self, path: &[Step]) -> bool {
        self.0
            .range(path.to_vec()..)
            .next()
            .is_some_and(|first| first.starts_with(path))
    }

    /// Without what no manager owns: identity, and the half of the object that this endpoint does not write.
    pub(crate) fn tracked(&self, kind: &Kind, subresource: &str) -> Self {
        Self(
            self.0
                .iter()
                .filter(|path| is_tracked(path, kind, subresource))
                .cloned()
                .collect(),
        )
    }
}

fn is_tracked(path: &[Step], kind: &Kind, subresource: &str) -> bool {
    let names: Vec<&str> = path
        .iter()
        .map_while(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Key(_) | Step::Item(_) => None,
        })
        .collect();
    match names.as_slice() {
        ["apiVersion" | "kind" | "metadata"] => false,
        [
            "metadata",
            "name"
            | "namespace"
            | "creationTimestamp"
            | "selfLink"
            | "uid"
            | "generation"
            | "managedFields"
            | "resourceVersion"
            | "deletionTimestamp"
            | "deletionGracePeriodSeconds",
            ..,
        ] => false,
        ["status", ..] if kind.status => subresource == "status",
        [first, ..] if subresource == "status" => *first == "metadata",
        _ => true,
    }
}
