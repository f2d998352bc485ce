//! Small steps on JSON objects that filling in is made of.

use serde_json::Value;

/// Sets a field that is missing or null.
pub(crate) fn default(value: &mut Value, field: &str, fallback: Value) {
    if let Value::Object(map) = value
        && map.get(field).is_none_or(Value::is_null)
    {
        map.insert(field.to_owned(), fallback);
    }
}

/// The items of a list, if there is one.
pub(crate) fn items<'a>(value: &'a mut Value, field: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = value.get_mut(field).and_then(Value::as_array_mut);
    list.into_iter().flatten()
}

/// Removes those of the fields that hold an empty map or list.
pub(crate) fn drop_empty(value: &mut Value, fields: &[&str]) {
    let Value::Object(map) = value else { return };
    for field in fields {
        let empty = match map.get(*field) {
            Some(Value::Object(inner)) => inner.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            _ => false,
        };
        if empty {
            map.shift_remove(*field);
        }
    }
}
