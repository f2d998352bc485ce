//! Server-side apply, as a request.
//!
//! What it does to fields and owners is in `owners`; this module checks the configuration and stores the outcome.

use serde_json::{Value, json};

use crate::model::answer::Answer;
use crate::model::failure::{Failure, about};
use crate::objects::defaults;
use crate::objects::owners::Owners;
use crate::objects::validate;
use crate::state::shared::State;
use crate::verbs::call::{Call, Options, wrong_name};
use crate::verbs::commit::{
    check_version, commit, inherit, keep, keep_other_half, set_or_remove, without_bookkeeping,
};
use crate::verbs::create::{birth, leave_status_out};

/// Server-side apply, creating what is not there.
pub(crate) fn apply(
    state: &mut State,
    call: &Call<'_>,
    options: &Options,
) -> Result<Answer, Failure> {
    let kind = call.kind;
    let configuration = configuration(call)?;
    let key = call.key();
    let live = state.store.get(&key);
    let Some(live) = live else {
        return apply_new(state, call, &configuration, options);
    };
    check_version(kind, &live, &configuration)?;
    let mut owners = Owners::of(&live);
    let mut object = owners.apply(kind, &options.writer, &live, &configuration, options.force)?;
    keep_other_half(call, &live, &mut object);
    inherit(&live, &mut object);
    defaults::fill(kind, &mut object);
    defaults::allocate(kind, &mut object);
    validate::object(kind, Some(&live), &object)?;
    let unchanged = without_bookkeeping(&live) == without_bookkeeping(&object);
    nameless(
        call,
        &configuration,
        unchanged && owners == Owners::of(&live),
    )?;
    Ok(Answer::Json(
        200,
        commit(state, call, &live, object, owners, options),
    ))
}

/// A configuration without a name is refused, but only once it would change something.
fn nameless(call: &Call<'_>, configuration: &Value, unchanged: bool) -> Result<(), Failure> {
    if configuration["metadata"]["name"].is_string() || unchanged {
        return Ok(());
    }
    Err(wrong_name("", &call.path.name))
}

fn apply_new(
    state: &mut State,
    call: &Call<'_>,
    configuration: &Value,
    options: &Options,
) -> Result<Answer, Failure> {
    let (kind, key) = (call.kind, call.key());
    if !call.path.subresource.is_empty() {
        return Err(Failure::not_found(kind, &call.path.name));
    }
    if kind.namespaced && !state.namespace_exists(&call.path.namespace) {
        return Err(Failure::new(
            404,
            "NotFound",
            format!("namespaces \"{}\" not found", call.path.namespace),
        )
        .details(about("", "namespaces", &call.path.namespace)));
    }
    nameless(call, configuration, false)?;
    let mut owners = Owners::default();
    let mut object = owners.apply(
        kind,
        &options.writer,
        &json!({"metadata": {}}),
        configuration,
        true,
    )?;
    if kind.status {
        set_or_remove(&mut object, "status", None);
    }
    birth(state, kind, &call.path.namespace, &mut object);
    defaults::fill(kind, &mut object);
    defaults::allocate(kind, &mut object);
    validate::object(kind, None, &object)?;
    owners.touch(&options.writer, &state.clock.text());
    owners.write_to(&mut object);
    leave_status_out(state, kind, &key, options.dry_run);
    Ok(Answer::Json(201, keep(state, key, object, options.dry_run)))
}

/// The configuration of an apply, checked in the order of the API server.
fn configuration(call: &Call<'_>) -> Result<Value, Failure> {
    let text = String::from_utf8_lossy(&call.request.body);
    let mut object: Value = serde_saphyr::from_str(&text)
        .map_err(|error| Failure::bad_request(format!("error decoding YAML: {error}")))?;
    let said = |field: &str| object[field].as_str().unwrap_or_default();
    if said("kind").is_empty() || said("apiVersion").is_empty() {
        return Err(Failure::bad_request(format!(
            "invalid object type: {}, Kind={}",
            if said("apiVersion").is_empty() {
                "/"
            } else {
                said("apiVersion")
            },
            said("kind"),
        )));
    }
    if said("kind") != call.kind.kind || said("apiVersion") != call.kind.api_version() {
        return Err(Failure::not_implemented(
            "applying an object of another kind than the path's",
        ));
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if !name.is_empty() && name != call.path.name {
        return Err(wrong_name(name, &call.path.name));
    }
    if object["metadata"]
        .get("managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    if let Some(field) = validate::unknown_fields(call.kind, &object).first() {
        return Err(Failure::internal(format!(
            "failed to create typed patch object ({}/{name}; {}/{}, Kind={}): .{field}: field not declared in schema",
            object["metadata"]["namespace"].as_str().unwrap_or_default(),
            call.kind.group,
            call.kind.version,
            call.kind.kind,
        )));
    }
    validate::decode(call.kind, &mut object, false)?;
    drop_nulls(&mut object);
    Ok(object)
}

/// `creationTimestamp: null`, as serializers of typed objects write it, means nothing.
fn drop_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, child| !child.is_null());
        map.values_mut().for_each(drop_nulls);
    }
}
