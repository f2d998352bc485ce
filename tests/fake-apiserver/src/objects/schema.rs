//! Merging and defaults by the schema of a custom resource.
//!
//! Knows no kind and no object. What a schema forbids is not checked, and what it does not name is kept
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>).

use serde_json::Value;

use crate::objects::field_set::Step;

/// The way in which a value merges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Replaced as a whole.
    Atomic,
    /// Merged field by field.
    Map,
    /// A list whose items are told apart by these fields.
    Keyed(Vec<String>),
    /// A list of distinct scalars.
    Set,
}

/// Returns the way in which the value at a path merges
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#custom-resources-and-server-side-apply>).
pub(crate) fn shape(schema: &Value, path: &[Step], value: &Value) -> Shape {
    let node = at(schema, path);
    let said = |marker: &str| node[marker].as_str().unwrap_or_default();
    match value {
        Value::Object(_) if said("x-kubernetes-map-type") == "atomic" => Shape::Atomic,
        Value::Object(_) => Shape::Map,
        Value::Array(_) => match said("x-kubernetes-list-type") {
            "map" => Shape::Keyed(keys(node)),
            "set" => Shape::Set,
            _ => Shape::Atomic,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Shape::Atomic,
    }
}

/// Tells whether the value at a path is a map with keys of the user's rather than a structure.
pub(crate) fn is_map(schema: &Value, path: &[Step]) -> bool {
    at(schema, path).get("additionalProperties").is_some()
}

fn at<'a>(schema: &'a Value, path: &[Step]) -> &'a Value {
    path.iter().fold(schema, |node, step| match step {
        Step::Field(name) => node["properties"]
            .get(name)
            .unwrap_or(&node["additionalProperties"]),
        Step::Key(_) | Step::Item(_) => &node["items"],
    })
}

/// Tells whether a new object gets a status by itself.
pub(crate) fn has_status(schema: &Value) -> bool {
    schema["properties"]["status"].get("default").is_some()
}

fn keys(node: &Value) -> Vec<String> {
    let keys = node["x-kubernetes-list-map-keys"].as_array();
    keys.into_iter()
        .flatten()
        .filter_map(|key| key.as_str().map(ToOwned::to_owned))
        .collect()
}

/// Fills in the defaults of a schema, from the outside to the inside.
pub(crate) fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, below) in schema["properties"].as_object().into_iter().flatten() {
                if let Some(default) = below.get("default").filter(|_| !map.contains_key(name)) {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (name, child) in map {
                let below = schema["properties"].get(name);
                fill(below.unwrap_or(&schema["additionalProperties"]), child);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| fill(&schema["items"], item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
