//! Changes of objects, as `kubectl patch` makes them of built-in kinds: maps are merged, `null` removes, and lists of things with a
//! name are merged by it.

use serde_json::Value;

/// The field of an item that is to be removed from a list.
const DELETE: &str = "$patch";

/// Merges a patch into a value.
pub(super) fn merge(value: &mut Value, patch: &Value) {
    match (value, patch) {
        (Value::Object(map), Value::Object(patch)) => {
            for (key, patch) in patch {
                if patch.is_null() {
                    map.remove(key);
                } else {
                    merge(map.entry(key.clone()).or_insert(Value::Null), patch);
                }
            }
        }
        (Value::Array(list), Value::Array(patch)) if are_named(list) && are_named(patch) => {
            for item in patch {
                let position = list.iter().position(|own| own["name"] == item["name"]);
                match position {
                    Some(position) if item[DELETE] == "delete" => {
                        list.remove(position);
                    }
                    Some(position) => merge(&mut list[position], item),
                    None => list.push(item.clone()),
                }
            }
        }
        (value, patch) => *value = patch.clone(),
    }
}

fn are_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|item| item["name"].is_string())
}

/// The name by which cases call an object: `Service istio-system/istio-eastwestgateway`, `Namespace istio-system`.
pub(super) fn called(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let meta = &object["metadata"];
    let (kind, name) = (text(&object["kind"]), text(&meta["name"]));
    match meta["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{called, merge};

    #[test]
    fn maps_and_lists_of_named_things_are_merged_and_all_else_is_replaced() {
        let mut pod = json!({"metadata": {"labels": {"a": "1", "b": "2"}},
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "ips": [1, 2]});
        merge(
            &mut pod,
            &json!({"metadata": {"labels": {"a": null, "c": "3"}},
                "env": [{"name": "B", "value": "5"}, {"name": "A", "$patch": "delete"}, {"name": "C"}], "ips": [3]}),
        );
        assert_eq!(
            pod,
            json!({"metadata": {"labels": {"b": "2", "c": "3"}},
                "env": [{"name": "B", "value": "5"}, {"name": "C"}], "ips": [3]})
        );
    }

    #[test]
    fn an_object_is_called_by_kind_namespace_and_name() {
        let pod = json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "n"}});
        assert_eq!(called(&pod), "Pod n/a");
        let space = json!({"kind": "Namespace", "metadata": {"name": "n"}});
        assert_eq!(called(&space), "Namespace n");
    }
}
