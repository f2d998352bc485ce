//! Sets of paths into an object, as `metadata.managedFields` writes them: `fieldsV1`.
//!
//! Knows how to read, write and join them, and which paths no manager owns; nothing of managers or conflicts. Format:
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::model::kinds::Kind;

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

    /// Tells whether this path, or anything below it, is in the set.
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
    let identity = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ];
    match names.as_slice() {
        ["apiVersion" | "kind" | "metadata"] => false,
        ["metadata", field, ..] if identity.contains(field) => false,
        ["status", ..] if kind.status => subresource == "status",
        [first, ..] if subresource == "status" => *first == "metadata",
        _ => true,
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
