//! The patches that are not server-side apply: merge patch, JSON patch, strategic merge patch.
//!
//! Pure functions over JSON. What goes beyond the kinds of the suite is refused with 501 rather than guessed.

use serde_json::{Map, Value};

use crate::model::failure::Failure;
use crate::model::kinds::Kind;
use crate::objects::field_set::Step;
use crate::objects::fields;
use crate::objects::schema::Shape;

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// RFC 6902: add, remove, replace and test; move and copy are not implemented.
pub(crate) fn json_patch(target: &mut Value, operations: &Value) -> Result<(), Failure> {
    let Value::Array(operations) = operations else {
        return Err(Failure::bad_request(
            "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        ));
    };
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let refuse = || {
            let op = operation["op"].as_str().unwrap_or_default();
            Failure::new(
                422,
                "Invalid",
                format!(
                    "the server rejected our request due to an error in our request: {op} {path}"
                ),
            )
        };
        let steps: Vec<String> = path
            .split('/')
            .skip(1)
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect();
        let (last, parents) = steps.split_last().ok_or_else(refuse)?;
        let mut parent = &mut *target;
        for step in parents {
            parent = child(parent, step).ok_or_else(refuse)?;
        }
        let done = match operation["op"].as_str() {
            Some("add") => insert(parent, last, operation["value"].clone(), true),
            Some("replace") => insert(parent, last, operation["value"].clone(), false),
            Some("remove") => take(parent, last),
            Some("test") => child(parent, last).is_some_and(|found| *found == operation["value"]),
            _ => {
                return Err(Failure::not_implemented(
                    "JSON patches beyond add, remove, replace and test",
                ));
            }
        };
        if !done {
            return Err(refuse());
        }
    }
    Ok(())
}

fn child<'a>(parent: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    match parent {
        Value::Object(map) => map.get_mut(step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn insert(parent: &mut Value, step: &str, value: Value, new: bool) -> bool {
    match parent {
        Value::Object(map) => {
            let fits = new || map.contains_key(step);
            if fits {
                map.insert(step.to_owned(), value);
            }
            fits
        }
        Value::Array(items) if new && step == "-" => {
            items.push(value);
            true
        }
        Value::Array(items) => match step.parse::<usize>() {
            Ok(index) if new && index <= items.len() => {
                items.insert(index, value);
                true
            }
            Ok(index) if index < items.len() => {
                items[index] = value;
                true
            }
            _ => false,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn take(parent: &mut Value, step: &str) -> bool {
    match parent {
        Value::Object(map) => map.shift_remove(step).is_some(),
        Value::Array(items) => match step.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Strategic merge: as merge patch, but lists with a merge key merge item by item
/// (<https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md>).
pub(crate) fn strategic(kind: &Kind, target: &mut Value, patch: &Value) -> Result<(), Failure> {
    strategic_value(kind, &mut Vec::new(), target, patch)
}

fn strategic_value(
    kind: &Kind,
    path: &mut Vec<Step>,
    target: &mut Value,
    wanted: &Value,
) -> Result<(), Failure> {
    let Value::Object(wanted) = wanted else {
        *target = wanted.clone();
        return Ok(());
    };
    match wanted.get("$patch").and_then(Value::as_str) {
        None => {}
        Some("replace") => {
            let mut whole = wanted.clone();
            whole.shift_remove("$patch");
            *target = Value::Object(whole);
            return Ok(());
        }
        Some(_) => {
            return Err(Failure::not_implemented(
                "$patch beyond replace, and delete in lists",
            ));
        }
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return Ok(());
    };
    if let Some(Value::Array(keep)) = wanted.get("$retainKeys") {
        target.retain(|name, _| keep.iter().any(|kept| kept == name));
    }
    for (name, value) in wanted {
        if name.starts_with("$deleteFromPrimitiveList") {
            return Err(Failure::not_implemented("$deleteFromPrimitiveList"));
        }
        if name.starts_with('$') {
            continue;
        }
        if value.is_null() {
            target.shift_remove(name);
            continue;
        }
        path.push(Step::Field(name.clone()));
        let slot = target.entry(name.clone()).or_insert(Value::Null);
        match (merge_key(kind, path, value), value) {
            (Some(key), Value::Array(items)) => {
                let order = wanted
                    .get(&format!("$setElementOrder/{name}"))
                    .and_then(Value::as_array);
                strategic_items(kind, path, &key, slot, items, order.unwrap_or(items))?;
            }
            _ => strategic_value(kind, path, slot, value)?,
        }
        path.pop();
    }
    Ok(())
}

/// The merge key of strategic patches is the first of the keys that server-side apply uses.
fn merge_key(kind: &Kind, path: &[Step], value: &Value) -> Option<String> {
    match fields::shape(kind, path, value) {
        Shape::Keyed(keys) => keys.into_iter().next(),
        Shape::Atomic | Shape::Map | Shape::Set => None,
    }
}

fn strategic_items(
    kind: &Kind,
    path: &mut Vec<Step>,
    key: &str,
    target: &mut Value,
    wanted: &[Value],
    order: &[Value],
) -> Result<(), Failure> {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(items) = target else {
        return Ok(());
    };
    let before = items.clone();
    for item in wanted {
        if item["$patch"] == "delete" {
            items.retain(|other| other[key] != item[key]);
        } else if let Some(found) = items.iter_mut().find(|other| other[key] == item[key]) {
            strategic_value(kind, path, found, item)?;
        } else {
            items.push(item.clone());
        }
    }
    let (mut named, others): (Vec<Value>, Vec<Value>) = std::mem::take(items)
        .into_iter()
        .partition(|item| place(order, key, item).is_some());
    named.sort_by_key(|item| place(order, key, item));
    *items = interleave(&before, key, others, named);
    Ok(())
}

fn place(list: &[Value], key: &str, item: &Value) -> Option<usize> {
    list.iter().position(|other| other[key] == item[key])
}

/// Joins what the patch does not name with what it names: an item that the patch does not name comes first only where
/// it was before the other one already.
fn interleave(before: &[Value], key: &str, others: Vec<Value>, named: Vec<Value>) -> Vec<Value> {
    let mut others = others.into_iter().peekable();
    let mut joined = Vec::new();
    for item in named {
        while let Some(other) = others.next_if(|other| {
            let (left, right) = (place(before, key, other), place(before, key, &item));
            left.is_some() && right.is_some() && left < right
        }) {
            joined.push(other);
        }
        joined.push(item);
    }
    joined.extend(others);
    joined
}
