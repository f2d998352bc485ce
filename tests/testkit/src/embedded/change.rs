//! PUT and the ordinary patches: what a write over a live object may touch, and what becomes of its owners.
//!
//! Merging is in `patch`, server-side apply in `apply`.

use serde_json::{Map, Value, json};

use super::api::Answer;
use super::apply::apply;
use super::call::{APPLY, Call, Options, wrong_name};
use super::create::keep;
use super::delete::has_finalizers;
use super::failure::Failure;
use super::kinds::Kind;
use super::owners::Owners;
use super::state::State;
use super::{defaults, patch as patches, validate};

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
    let options = call.options("PatchOptions")?;
    if media_type == APPLY {
        return apply(state, call, &options);
    }
    let body: Value = serde_json::from_slice(&call.request.body)
        .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))?;
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
    if live["kind"] == "Service" && object["spec"]["type"] != "ExternalName" {
        keep_allocations(&live["spec"], &mut object["spec"]);
    }
}

/// Addresses and ports that were handed out to a Service stay with it.
fn keep_allocations(live: &Value, spec: &mut Value) {
    let Value::Object(map) = spec else { return };
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let (None | Some(Value::Null), Some(value)) = (map.get(field), live.get(field)) {
            map.insert(field.to_owned(), value.clone());
        }
    }
    if !["LoadBalancer", "NodePort"]
        .contains(&map.get("type").and_then(Value::as_str).unwrap_or_default())
    {
        return;
    }
    let protocol = |port: &Value| port["protocol"].as_str().unwrap_or("TCP").to_owned();
    for port in map
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let was = live["ports"].as_array().into_iter().flatten();
        let mut was =
            was.filter(|old| old["port"] == port["port"] && protocol(old) == protocol(port));
        if let (None, Some(old)) = (port.get("nodePort"), was.next())
            && let Some(number) = old.get("nodePort")
        {
            port["nodePort"] = number.clone();
        }
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
    if !changed && owners == Owners::of(live) {
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
