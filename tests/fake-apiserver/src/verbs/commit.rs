//! The common part of all writes over a live object: what they may touch, what they take over, and storing the outcome.

use serde_json::{Map, Value};

use super::call::{Call, Options};
use crate::model::failure::Failure;
use crate::model::kinds::Kind;
use crate::objects::owners::Owners;
use crate::objects::services;
use crate::state::shared::State;
use crate::state::store::Key;

pub(crate) fn check_version(kind: &Kind, live: &Value, object: &Value) -> Result<(), Failure> {
    let given = object["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default();
    if given.is_empty() || live["metadata"]["resourceVersion"] == given {
        return Ok(());
    }
    Err(Failure::modified(
        kind,
        live["metadata"]["name"].as_str().unwrap_or_default(),
    ))
}

/// The status endpoint writes the status alone, and the main one everything else.
pub(crate) fn keep_other_half(call: &Call<'_>, live: &Value, object: &mut Value) {
    if !call.kind.status {
        return;
    }
    if call.path.subresource.is_empty() {
        set_or_remove(object, "status", live.get("status"));
    } else {
        let status = object.get("status").cloned();
        *object = live.clone();
        set_or_remove(object, "status", status.as_ref());
    }
}

pub(crate) fn set_or_remove(object: &mut Value, field: &str, value: Option<&Value>) {
    let Value::Object(map) = object else { return };
    match value {
        Some(value) => {
            map.insert(field.to_owned(), value.clone());
        }
        None => {
            map.shift_remove(field);
        }
    }
}

/// Takes over from the live object what a write can leave out, or cannot change.
pub(crate) fn inherit(live: &Value, object: &mut Value) {
    let Value::Object(metadata) = &mut object["metadata"] else {
        return;
    };
    metadata.shift_remove("managedFields");
    for field in ["uid", "namespace"] {
        if metadata
            .get(field)
            .is_none_or(|value| value.is_null() || value == "")
        {
            metadata.insert(field.to_owned(), live["metadata"][field].clone());
        }
    }
    for field in [
        "creationTimestamp",
        "resourceVersion",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
    ] {
        match live["metadata"].get(field) {
            Some(value) => {
                metadata.insert(field.to_owned(), value.clone());
            }
            None => {
                metadata.shift_remove(field);
            }
        }
    }
    if live["kind"] == "Service" && live["apiVersion"] == "v1" {
        services::inherit(&live["spec"], &mut object["spec"]);
    }
}

pub(crate) fn without_bookkeeping(object: &Value) -> Value {
    let mut plain = object.clone();
    if let Some(metadata) = plain["metadata"].as_object_mut() {
        metadata.shift_remove("managedFields");
        metadata.shift_remove("resourceVersion");
    }
    plain
}

fn contents(object: &Value) -> Map<String, Value> {
    let mut contents = object.as_object().cloned().unwrap_or_default();
    contents.retain(|field, _| field != "metadata" && field != "status");
    contents
}

/// Stores the outcome of a write, if it is one: a write that changes nothing leaves even the revision alone.
pub(crate) fn commit(
    state: &mut State,
    call: &Call<'_>,
    live: &Value,
    mut object: Value,
    mut owners: Owners,
    options: &Options,
) -> Value {
    let changed = without_bookkeeping(live) != without_bookkeeping(&object);
    let whole = options.dry_run || !state.without_status.remove(&call.key());
    if !changed && owners == Owners::of(live) && whole {
        return live.clone();
    }
    if changed {
        owners.touch(&options.writer, &state.clock.text());
    }
    if call.kind.generation && contents(live) != contents(&object) {
        let generation = live["metadata"]["generation"].as_u64().unwrap_or_default();
        object["metadata"]["generation"] = (generation + 1).into();
    }
    owners.write_to(&mut object);
    let ended = object["metadata"]["deletionTimestamp"].is_string() && !has_finalizers(&object);
    let stored = keep(state, call.key(), object, options.dry_run);
    if ended && !options.dry_run {
        state.store.remove(&call.key());
    }
    stored
}

/// Stores, unless this is a dry run; then the object comes back as it would have been.
pub(crate) fn keep(state: &mut State, key: Key, object: Value, dry_run: bool) -> Value {
    if dry_run {
        return object;
    }
    (*state.store.put(key, object)).clone()
}

pub(crate) fn has_finalizers(object: &Value) -> bool {
    object["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|list| !list.is_empty())
}
