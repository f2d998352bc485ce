//! GET and LIST.
//!
//! Reads the store, never writes it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::model::answer::{Answer, bare, shaped};
use crate::model::failure::Failure;
use crate::model::kinds::Kind;
use crate::model::request::{Request, ResourcePath};
use crate::objects::selectors::Selector;
use crate::state::shared::State;
use crate::state::store::Key;

pub(crate) fn get(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Kind,
) -> Result<Answer, Failure> {
    let key = Key::new(kind, &path.namespace, &path.name);
    let object = state
        .store
        .get(&key)
        .ok_or_else(|| Failure::not_found(kind, &path.name))?;
    Ok(Answer::Json(200, shaped(request.accept(), &object)))
}

pub(crate) fn list(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Kind,
) -> Result<Answer, Failure> {
    let selector = Selector::parse(
        kind,
        request.query("labelSelector"),
        request.query("fieldSelector"),
    )?;
    let start = continued(state, request)?;
    let limit = request
        .query("limit")
        .parse::<usize>()
        .ok()
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX);
    let matching: Vec<(&Key, &Value)> = state
        .store
        .list(&kind.group, &kind.resource, &path.namespace)
        .into_iter()
        .map(|(key, object)| (key, &**object))
        .filter(|(key, object)| {
            selector.matches(object) && start.as_ref().is_none_or(|start| place(key) > *start)
        })
        .collect();
    let page = &matching[..limit.min(matching.len())];
    let mut metadata = json!({"resourceVersion": state.store.revision().to_string()});
    // Lists of built-in kinds leave out what is empty.
    if kind.is_custom() {
        metadata["continue"] = "".into();
    }
    if page.len() < matching.len()
        && let Some((last, _)) = page.last()
    {
        let token =
            json!({"v": "meta.k8s.io/v1", "rv": state.store.revision(), "start": place(last)});
        metadata["continue"] = URL_SAFE_NO_PAD.encode(token.to_string()).into();
        if request.query("labelSelector").is_empty() && request.query("fieldSelector").is_empty() {
            metadata["remainingItemCount"] = (matching.len() - page.len()).into();
        }
    }
    Ok(Answer::Json(200, body(request, kind, page, &metadata)))
}

fn body(request: &Request, kind: &Kind, page: &[(&Key, &Value)], metadata: &Value) -> Value {
    let partial = request
        .accept()
        .split(',')
        .next()
        .is_some_and(|first| first.contains("as=PartialObjectMetadataList"));
    if partial {
        let items: Vec<Value> = page
            .iter()
            .map(|(_, object)| shaped("as=PartialObjectMetadata;", object))
            .collect();
        return json!({
            "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items,
        });
    }
    let items: Vec<Value> = page.iter().map(|(_, object)| bare(kind, object)).collect();
    json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(),
        "metadata": metadata,
        "items": items,
    })
}

fn place(key: &Key) -> String {
    format!("{}/{}", key.namespace, key.name)
}

/// Returns the end of the last page.
fn continued(state: &State, request: &Request) -> Result<Option<String>, Failure> {
    let token = request.query("continue");
    if token.is_empty() {
        return Ok(None);
    }
    let token: Value = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Failure::bad_request("continue key is not valid: invalid character"))?;
    if token["rv"].as_u64().unwrap_or_default() < state.store.compacted() {
        return Err(Failure::new(
            410,
            "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
        ));
    }
    Ok(token["start"].as_str().map(ToOwned::to_owned))
}
