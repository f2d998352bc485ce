//! DELETE: of one object, of a namespace with all that is in it, of a collection; and what goes along.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::answer::{Answer, bare};
use crate::model::failure::{Failure, about};
use crate::model::kinds::Kind;
use crate::objects::selectors::Selector;
use crate::state::shared::State;
use crate::state::store::Key;
use crate::verbs::call::Call;
use crate::verbs::commit::has_finalizers;

pub(crate) fn delete(state: &mut State, call: &Call<'_>) -> Result<Answer, Failure> {
    let options = call.options("DeleteOptions")?;
    let body: Value = serde_json::from_slice(&call.request.body).unwrap_or(Value::Null);
    let key = call.key();
    let live = state
        .store
        .get(&key)
        .ok_or_else(|| Failure::not_found(call.kind, &key.name))?;
    preconditions(call.kind, &live, &body["preconditions"])?;
    let dry_run = options.dry_run || body["dryRun"] == json!(["All"]);
    let orphan = body["propagationPolicy"] == "Orphan"
        || call.request.query("propagationPolicy") == "Orphan";
    if call.kind.resource == "namespaces" {
        return delete_namespace(state, call, &live, dry_run);
    }
    let last = if dry_run {
        (*live).clone()
    } else {
        end(state, &key, orphan)
    };
    if call.kind.returns_deleted || has_finalizers(&live) {
        return Ok(Answer::Json(200, last));
    }
    let mut details = about(&call.kind.group, &call.kind.resource, &key.name);
    details["uid"] = live["metadata"]["uid"].clone();
    Ok(Answer::Json(
        200,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
    ))
}

fn preconditions(kind: &Kind, live: &Value, wanted: &Value) -> Result<(), Failure> {
    let name = live["metadata"]["name"].as_str().unwrap_or_default();
    let checks = [
        ("uid", "UID", "UID", "deleted and then recreated"),
        (
            "resourceVersion",
            "ResourceVersion",
            "ResourceVersion",
            "modified",
        ),
    ];
    for (field, shown, record, fate) in checks {
        let (Some(wanted), Some(found)) =
            (wanted[field].as_str(), live["metadata"][field].as_str())
        else {
            continue;
        };
        if wanted != found {
            return Err(Failure::precondition(
                kind,
                name,
                &format!(
                    "the {shown} in the precondition ({wanted}) does not match the {record} in record ({found}). The object might have been {fate}"
                ),
            ));
        }
    }
    Ok(())
}

/// Takes an object away, or marks it where finalizers hold it; then what it owned goes as well.
fn end(state: &mut State, key: &Key, orphan: bool) -> Value {
    let Some(live) = state.store.get(key) else {
        return Value::Null;
    };
    if has_finalizers(&live) {
        let mut marked = (*live).clone();
        marked["metadata"]["deletionTimestamp"] = state.clock.text().into();
        marked["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        return (*state.store.put(key.clone(), marked)).clone();
    }
    state.store.remove(key);
    let last = state.store.since(state.store.revision() - 1);
    let last = last
        .and_then(|events| events.last())
        .map_or(Value::Null, |event| (*event.after).clone());
    if !orphan {
        collect_garbage(state, &live["metadata"]["uid"]);
    }
    last
}

fn collect_garbage(state: &mut State, owner: &Value) {
    let dependents: Vec<Key> = state
        .store
        .all()
        .filter(|(_, object)| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.is_some_and(|owners| {
                !owners.is_empty() && owners.iter().all(|reference| reference["uid"] == *owner)
            })
        })
        .map(|(key, _)| key.clone())
        .collect();
    for key in dependents {
        end(state, &key, false);
    }
}

/// Everything in the namespace goes at once, where a real cluster takes a moment.
fn delete_namespace(
    state: &mut State,
    call: &Call<'_>,
    live: &Value,
    dry_run: bool,
) -> Result<Answer, Failure> {
    let name = call.path.name.as_str();
    if ["default", "kube-public", "kube-system"].contains(&name) {
        return Err(Failure::forbidden(
            call.kind,
            name,
            "this namespace may not be deleted",
        ));
    }
    let mut shown = live.clone();
    shown["metadata"]["deletionTimestamp"] = state.clock.text().into();
    shown["status"]["phase"] = "Terminating".into();
    if dry_run {
        return Ok(Answer::Json(200, shown));
    }
    let shown = (*state.store.put(call.key(), shown)).clone();
    let inside: BTreeSet<Key> = state
        .store
        .all()
        .map(|(key, _)| key.clone())
        .filter(|key| key.namespace == name)
        .collect();
    for key in inside {
        state.store.remove(&key);
    }
    state.store.remove(&call.key());
    Ok(Answer::Json(200, shown))
}

pub(crate) fn delete_collection(state: &mut State, call: &Call<'_>) -> Result<Answer, Failure> {
    let options = call.options("DeleteOptions")?;
    let selector = Selector::parse(
        call.kind,
        call.request.query("labelSelector"),
        call.request.query("fieldSelector"),
    )?;
    let found: Vec<(Key, Value)> = state
        .store
        .list(&call.kind.group, &call.kind.resource, &call.path.namespace)
        .into_iter()
        .filter(|(_, object)| selector.matches(object))
        .map(|(key, object)| (key.clone(), (**object).clone()))
        .collect();
    let mut items = Vec::new();
    for (key, object) in found {
        if !options.dry_run {
            end(state, &key, false);
        }
        items.push(bare(call.kind, &object));
    }
    Ok(Answer::Json(
        200,
        json!({
            "kind": format!("{}List", call.kind.kind),
            "apiVersion": call.kind.api_version(),
            "metadata": {"resourceVersion": state.store.revision().to_string()},
            "items": items,
        }),
    ))
}
