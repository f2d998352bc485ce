//! POST: new objects.
//!
//! Defaults are in `defaults`, refusals of contents in `validate`.

use std::sync::Arc;

use serde_json::Value;

use crate::model::answer::Answer;
use crate::model::failure::{Failure, about};
use crate::model::kinds::Kind;
use crate::objects::defaults;
use crate::objects::owners::{Owners, Writer};
use crate::objects::schema;
use crate::objects::validate;
use crate::state::random;
use crate::state::shared::State;
use crate::state::store::Key;
use crate::verbs::call::Call;
use crate::verbs::commit::keep;

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Failure> {
    let options = call.options("CreateOptions")?;
    let object = call.decoded()?;
    let stored = insert(
        state,
        call.kind,
        &call.path.namespace,
        object,
        &options.writer,
        options.dry_run,
        false,
    )?;
    Ok(Answer::Json(201, stored))
}

/// Stores a new object. What a test arranges keeps its status, what a client sends does not.
pub(crate) fn insert(
    state: &mut State,
    kind: &Arc<Kind>,
    namespace: &str,
    mut object: Value,
    writer: &Writer,
    dry_run: bool,
    arranged: bool,
) -> Result<Value, Failure> {
    if kind.namespaced && !state.namespace_exists(namespace) {
        return Err(Failure::new(
            404,
            "NotFound",
            format!("namespaces \"{namespace}\" not found"),
        )
        .details(about("", "namespaces", namespace)));
    }
    if object["metadata"]["resourceVersion"]
        .as_str()
        .is_some_and(|version| !version.is_empty())
        && !arranged
    {
        return Err(Failure::internal(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    name(&mut object);
    if kind.status && kind.resource != "nodes" && !arranged {
        object.as_object_mut().map(|map| map.shift_remove("status"));
    }
    birth(state, kind, namespace, &mut object);
    defaults::fill(kind, &mut object);
    validate::object(kind, None, &object)?;
    let key = Key::new(
        kind,
        namespace,
        object["metadata"]["name"].as_str().unwrap_or_default(),
    );
    if state.store.get(&key).is_some() {
        return Err(Failure::already_exists(kind, &key.name));
    }
    let mut owners = Owners::default();
    owners.create(kind, writer, &object);
    owners.touch(writer, &state.clock.text());
    defaults::allocate(kind, &mut object);
    owners.write_to(&mut object);
    if !arranged {
        leave_status_out(state, kind, &key, dry_run);
    }
    Ok(keep(state, key, object, dry_run))
}

/// Notes that the status of a new object is not stored with it.
pub(crate) fn leave_status_out(state: &mut State, kind: &Kind, key: &Key, dry_run: bool) {
    if !dry_run && kind.status && kind.schema.as_ref().is_some_and(schema::has_status) {
        state.without_status.insert(key.clone());
    }
}

fn name(object: &mut Value) {
    let metadata = &mut object["metadata"];
    if metadata["name"].as_str().is_none_or(str::is_empty)
        && let Some(prefix) = metadata["generateName"]
            .as_str()
            .filter(|prefix| !prefix.is_empty())
    {
        metadata["name"] = format!("{prefix}{}", random::suffix()).into();
    }
}

/// Identity and age of a new object.
pub(crate) fn birth(state: &State, kind: &Kind, namespace: &str, object: &mut Value) {
    let metadata = &mut object["metadata"];
    if let Some(map) = metadata.as_object_mut() {
        for field in [
            "managedFields",
            "resourceVersion",
            "selfLink",
            "deletionTimestamp",
            "generation",
        ] {
            map.shift_remove(field);
        }
    }
    if kind.namespaced {
        metadata["namespace"] = namespace.into();
    }
    metadata["uid"] = random::uid().into();
    metadata["creationTimestamp"] = state.clock.text().into();
    if kind.generation {
        metadata["generation"] = 1.into();
    }
}
