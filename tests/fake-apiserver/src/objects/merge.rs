//! The effect of server-side apply on the values of an object: putting a configuration in, and taking single paths out.
//!
//! Knows nothing of managers: which paths go is decided in `owners`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::kinds::Kind;
use crate::objects::field_set::{Path, Step};
use crate::objects::fields;
use crate::objects::schema::Shape;

/// Merges a configuration into a live value, by the shape of each part.
pub(crate) fn merge(kind: &Kind, path: &mut Path, live: &mut Value, wanted: &Value) {
    let shape = fields::shape(kind, path, wanted);
    match (shape, &mut *live, wanted) {
        (Shape::Map, Value::Object(live), Value::Object(wanted)) => {
            for (name, value) in wanted {
                path.push(Step::Field(name.clone()));
                let slot = live.entry(name.clone()).or_insert(Value::Null);
                merge(kind, path, slot, value);
                path.pop();
            }
        }
        (Shape::Keyed(keys), Value::Array(live), Value::Array(wanted)) => {
            merge_items(kind, path, &keys, live, wanted);
        }
        (Shape::Set, Value::Array(live), Value::Array(wanted)) => {
            for item in wanted {
                if !live.contains(item) {
                    live.push(item.clone());
                }
            }
        }
        _ => *live = wanted.clone(),
    }
}

fn merge_items(
    kind: &Kind,
    path: &mut Path,
    keys: &[String],
    live: &mut Vec<Value>,
    wanted: &[Value],
) {
    for item in wanted {
        let key = fields::item_key(keys, item);
        if let Some(found) = live
            .iter_mut()
            .find(|other| fields::item_key(keys, other) == key)
        {
            path.push(Step::Key(key));
            merge(kind, path, found, item);
            path.pop();
        } else {
            live.push(item.clone());
        }
    }
    // The configuration's order wins among the items that it names; the others follow where they were.
    let order: Vec<String> = wanted
        .iter()
        .map(|item| fields::item_key(keys, item))
        .collect();
    let mut named: Vec<Value> = order
        .iter()
        .filter_map(|key| {
            live.iter()
                .find(|item| fields::item_key(keys, item) == *key)
                .cloned()
        })
        .collect();
    named.reverse();
    for item in live.iter_mut() {
        if order.contains(&fields::item_key(keys, item))
            && let Some(next) = named.pop()
        {
            *item = next;
        }
    }
}

/// Takes a path out of an object, and the maps that this leaves empty.
pub(crate) fn remove(object: &mut Value, path: &[Step]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let Some(parent) = descend(object, parents) else {
        return;
    };
    let emptied = match (last, parent) {
        (Step::Field(name), Value::Object(map)) => {
            map.shift_remove(name).is_some() && map.is_empty()
        }
        (Step::Key(key), Value::Array(items)) => {
            items.retain(|item| !is_item(key, item));
            items.is_empty()
        }
        (Step::Item(text), Value::Array(items)) => {
            let gone: Value = serde_json::from_str(text).unwrap_or_default();
            items.retain(|item| *item != gone);
            items.is_empty()
        }
        _ => false,
    };
    if emptied && parents.len() > 1 {
        remove(object, parents);
    }
}

fn is_item(key: &str, item: &Value) -> bool {
    let wanted: BTreeMap<String, Value> = serde_json::from_str(key).unwrap_or_default();
    wanted.iter().all(|(name, value)| match item.get(name) {
        Some(found) => found == value,
        None => name == "protocol" && value == "TCP",
    })
}

fn descend<'a>(object: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    let mut value = object;
    for step in path {
        value = match (step, value) {
            (Step::Field(name), Value::Object(map)) => map.get_mut(name)?,
            (Step::Key(key), Value::Array(items)) => {
                items.iter_mut().find(|item| is_item(key, item))?
            }
            _ => return None,
        };
    }
    Some(value)
}
