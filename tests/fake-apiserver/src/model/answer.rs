//! Answers to a client, and objects in the form in which they are sent.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::forward::Forward;
use super::kinds::Kind;

/// An answer to a client, apart from refusals.
pub(crate) enum Answer {
    Json(u16, Value),
    /// 200 with a media type of its own.
    Typed(String, Value),
    Text(u16, String),
    Stream(mpsc::Receiver<Bytes>),
    /// 101, and then a connection to a pod.
    Forward(Forward),
}

/// The object as the client asked for it: whole, or its metadata only
/// (<https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches>).
pub(crate) fn shaped(accept: &str, object: &Value) -> Value {
    if accept
        .split(',')
        .next()
        .is_some_and(|first| first.contains("as=PartialObjectMetadata;"))
    {
        return json!({
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": object["metadata"],
        });
    }
    object.clone()
}

/// An object as an item of a list: those of built-in kinds come without their type, those of custom kinds with it.
pub(crate) fn bare(kind: &Kind, object: &Value) -> Value {
    let mut item = object.clone();
    if let Some(map) = item.as_object_mut().filter(|_| !kind.is_custom()) {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
    }
    item
}
