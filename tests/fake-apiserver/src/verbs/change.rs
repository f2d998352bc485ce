//! PUT and the ordinary patches: what a write over a live object may touch, and what becomes of its owners.
//!
//! Merging is in `patch`, server-side apply in `apply`.

use serde_json::{Value, json};

use crate::model::answer::Answer;
use crate::model::failure::Failure;
use crate::objects::defaults;
use crate::objects::owners::Owners;
use crate::objects::patch as patches;
use crate::objects::validate;
use crate::state::shared::State;
use crate::verbs::apply::apply;
use crate::verbs::call::{APPLY, Call, Options, decode_patch, wrong_name};
use crate::verbs::commit::{check_version, commit, inherit, keep_other_half};

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
