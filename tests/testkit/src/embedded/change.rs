//! PUT and the ordinary patches: what a write over a live object may touch, and what becomes of its owners.
//!
//! Merging is in `patch`, server-side apply in `apply`.

use serde_json::{Map, Value, json};

use super::api::Answer;
use super::apply::apply;
use super::call::{APPLY, Call, Options, decode_patch, wrong_name};
use super::create::keep;
use super::delete::has_finalizers;
use super::failure::Failure;
use super::kinds::Kind;
use super::owners::Owners;
use super::state::State;
use super::{defaults, patch as patches, services, validate};

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Failure> {
    let options = call.options("UpdateOptions")?;
    let object = call.decoded()?;
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name != call.path.name {
        return Err(wrong_name(name, &call.path.name));
    }
    let key = call.key();
    let live = state
        .store
        .get(&key)
        .ok_or_else(|| Failure::not_found(call.kind, &key.name))?;
    let changed = change(state, call, &live, object, Owners::of(&live), &options)?;
    Ok(Answer::Json(200, changed))
}

pub(crate) fn patch(state: &mut State, call: &Call<'_>) -> Result<Answer, Failure> {
    let media_type = call.request.content_type();
    let known = [
        APPLY,
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/json-patch+json",
    ];
    if !known.contains(&media_type) {
        return Err(Failure::unsupported_patch());
    }
    if call.kind.is_custom() && media_type == "application/strategic-merge-patch+json" {
        return Err(Failure::unsupported_custom_patch());
    }
    let options = call.options("PatchOptions")?;
    if media_type == APPLY {
        return apply(state, call, &options);
    }
    let body = decode_patch(call.request)?;
    let key = call.key();
    let live = state
        .store
        .get(&key)
        .ok_or_else(|| Failure::not_found(call.kind, &key.name))?;
    let mut object = (*live).clone();
    match media_type {
        "application/merge-patch+json" => patches::merge(&mut object, &body),
        "application/json-patch+json" => patches::json_patch(&mut object, &body)?,
        _ => patches::strategic(call.kind, &mut object, &body)?,
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name != key.name {
        return Err(wrong_name(name, &key.name));
    }
    validate::decode(call.kind, &mut object, call.strict())?;
    let changed = change(state, call, &live, object, Owners::of(&live), &options)?;
    Ok(Answer::Json(200, changed))
}

/// An ordinary write over a live object: what it may touch, what fills it in, who owns it then.
fn change(
    state: &mut State,
    call: &Call<'_>,
    live: &Value,
    mut object: Value,
    mut owners: Owners,
    options: &Options,
) -> Result<Value, Failure> {
    check_version(call.kind, live, &object)?;
    if let Some(given) = object["metadata"]["managedFields"]
        .as_array()
        .filter(|given| !given.is_empty())
    {
        owners = Owners::of(&json!({"metadata": {"managedFields": given}}));
    }
    keep_other_half(call, live, &mut object);
    inherit(live, &mut object);
    defaults::fill(call.kind, &mut object);
    validate::object(call.kind, Some(live), &object)?;
    owners.update(call.kind, &options.writer, live, &object);
    defaults::allocate(call.kind, &mut object);
    Ok(commit(state, call, live, object, owners, options))
}

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

/// What a write can leave out, or cannot change.
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
