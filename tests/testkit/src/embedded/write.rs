//! Create, update, patch, delete: the life of an object, with its rules in the API server's order.
//!
//! Merging and owners are in `owners` and `patch`, defaults in `defaults`, refusals of contents in `validate`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::api::Answer;
use super::failure::{Cause, Failure, about};
use super::kinds::Kind;
use super::owners::{Owners, Writer};
use super::request::{Request, ResourcePath};
use super::selectors::Selector;
use super::state::State;
use super::store::Key;
use super::{defaults, patch as patches, random, validate};

const APPLY: &str = "application/apply-patch+yaml";

/// One write, as the request asks for it.
pub(crate) struct Call<'a> {
    request: &'a Request,
    path: &'a ResourcePath,
    kind: &'a Arc<Kind>,
}

/// What the query says about a write.
struct Options {
    writer: Writer,
    dry_run: bool,
    force: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(request: &'a Request, path: &'a ResourcePath, kind: &'a Arc<Kind>) -> Self {
        Self {
            request,
            path,
            kind,
        }
    }

    fn key(&self) -> Key {
        Key::new(self.kind, &self.path.namespace, &self.path.name)
    }

    fn strict(&self) -> bool {
        self.request.query("fieldValidation") == "Strict"
    }

    fn options(&self, of: &str) -> Result<Options, Failure> {
        let apply = self.request.content_type() == APPLY;
        let mut causes = Vec::new();
        let dry_run = self.request.query("dryRun");
        if !dry_run.is_empty() && dry_run != "All" {
            causes.push(Cause::unsupported("dryRun", &json!([dry_run]), "\"All\""));
        }
        let manager = self.request.query("fieldManager");
        if of == "PatchOptions" && apply && manager.is_empty() {
            causes.push(Cause::required(
                "fieldManager",
                "is required for apply patch",
            ));
        }
        if of == "PatchOptions" && !apply && self.request.query.contains_key("force") {
            causes.push(Cause::forbidden(
                "force",
                "may not be specified for non-apply patch",
            ));
        }
        if !causes.is_empty() {
            return Err(Failure::invalid("meta.k8s.io", of, "", &causes));
        }
        Ok(Options {
            writer: Writer {
                apply,
                manager: if manager.is_empty() {
                    self.request.default_manager()
                } else {
                    manager.to_owned()
                },
                api_version: self.kind.api_version(),
                subresource: self.path.subresource.clone(),
            },
            dry_run: dry_run == "All",
            force: self.request.query_flag("force"),
        })
    }

    /// The body of POST and PUT, checked against the kind.
    fn decoded(&self) -> Result<Value, Failure> {
        let mut object = decode(self.request, &self.kind.kind)?;
        let said = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let (kind, version) = (said("kind"), said("apiVersion"));
        if !kind.is_empty() && kind != self.kind.kind {
            return Err(Failure::bad_request(format!(
                "{kind} in version \"{0}\" cannot be handled as a {1}: converting ({0}.{kind}) to ({2}.{1}): unknown conversion",
                self.kind.version,
                self.kind.kind,
                if self.kind.group.is_empty() {
                    "core"
                } else {
                    &self.kind.group
                },
            )));
        }
        if !version.is_empty() && version != self.kind.api_version() {
            return Err(Failure::bad_request(format!(
                "{0} in version \"{version}\" cannot be handled as a {0}: no kind \"{0}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:111\"",
                self.kind.kind,
            )));
        }
        validate::decode(self.kind, &mut object, self.strict())?;
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        if !namespace.is_empty() && self.kind.namespaced && namespace != self.path.namespace {
            return Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        Ok(object)
    }
}

/// The body as JSON, from JSON or YAML.
pub(crate) fn decode(request: &Request, kind: &str) -> Result<Value, Failure> {
    let text = String::from_utf8_lossy(&request.body);
    match request.content_type() {
        "" | "application/json" => serde_json::from_str(&text).map_err(|_| {
            let why = if text.trim().is_empty() || !text.trim_end().ends_with('}') {
                "unexpected end of JSON input"
            } else {
                "invalid character"
            };
            Failure::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why} ({text})"
            ))
        }),
        "application/yaml" => serde_saphyr::from_str(&text)
            .map_err(|error| Failure::bad_request(format!("error decoding YAML: {error}"))),
        _ => Err(Failure::unsupported_body()),
    }
}

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
    owners.update(kind, writer, &json!({}), &object);
    owners.touch(writer, &state.clock.text());
    owners.write_to(&mut object);
    Ok(keep(state, key, object, dry_run))
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
fn birth(state: &State, kind: &Kind, namespace: &str, object: &mut Value) {
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

/// Stores, unless this is a dry run; then the object comes back as it would have been.
fn keep(state: &mut State, key: Key, object: Value, dry_run: bool) -> Value {
    if dry_run {
        return object;
    }
    (*state.store.put(key, object)).clone()
}

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

fn wrong_name(name: &str, wanted: &str) -> Failure {
    if name.is_empty() {
        return Failure::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        ));
    }
    Failure::bad_request(format!(
        "the name of the object ({name}) does not match the name on the URL ({wanted})"
    ))
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
    Ok(commit(state, call, live, object, owners, options))
}

fn check_version(kind: &Kind, live: &Value, object: &Value) -> Result<(), Failure> {
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
fn keep_other_half(call: &Call<'_>, live: &Value, object: &mut Value) {
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

fn set_or_remove(object: &mut Value, field: &str, value: Option<&Value>) {
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
fn inherit(live: &Value, object: &mut Value) {
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
    if live["spec"]["clusterIP"].is_string()
        && object["spec"].is_object()
        && object["spec"]["type"] != "ExternalName"
    {
        for field in ["clusterIP", "clusterIPs"] {
            if object["spec"][field].is_null() {
                object["spec"][field] = live["spec"][field].clone();
            }
        }
    }
}

fn without_bookkeeping(object: &Value) -> Value {
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
fn commit(
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

/// Server-side apply, creating what is not there.
fn apply(state: &mut State, call: &Call<'_>, options: &Options) -> Result<Answer, Failure> {
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
    validate::object(kind, Some(&live), &object)?;
    Ok(Answer::Json(
        200,
        commit(state, call, &live, object, owners, options),
    ))
}

fn apply_new(
    state: &mut State,
    call: &Call<'_>,
    configuration: &Value,
    options: &Options,
) -> Result<Answer, Failure> {
    let kind = call.kind;
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
    validate::object(kind, None, &object)?;
    owners.touch(&options.writer, &state.clock.text());
    owners.write_to(&mut object);
    Ok(Answer::Json(
        201,
        keep(state, call.key(), object, options.dry_run),
    ))
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
    if name != call.path.name {
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
            "failed to create typed patch object ({}/{name}; {}, Kind={}): .{field}: field not declared in schema",
            call.path.namespace,
            call.kind.api_version(),
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
    if call.kind.returns_deleted {
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

fn has_finalizers(object: &Value) -> bool {
    object["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|list| !list.is_empty())
}

/// Takes an object away, or marks it where finalizers hold it; then what it owned goes as well.
fn end(state: &mut State, key: &Key, orphan: bool) -> Value {
    let Some(live) = state.store.get(key) else {
        return Value::Null;
    };
    if has_finalizers(&live) {
        let mut marked = (*live).clone();
        marked["metadata"]["deletionTimestamp"] = state.clock.text().into();
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
    let owned: Vec<Key> = state
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
    for key in owned {
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
        items.push(object);
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
