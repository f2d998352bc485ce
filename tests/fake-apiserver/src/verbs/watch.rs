//! WATCH: the changes of a kind as a stream of JSON lines.
//!
//! Semantics: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>. Follows the store's log
//! and never writes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::model::answer::{Answer, shaped};
use crate::model::failure::Failure;
use crate::model::kinds::Kind;
use crate::model::request::{Request, ResourcePath};
use crate::objects::selectors::Selector;
use crate::state::shared::{Shared, State};
use crate::state::store::Event;

/// One watch.
struct Watch {
    shared: Shared,
    kind: Arc<Kind>,
    namespace: String,
    selector: Selector,
    accept: String,
    seen: u64,
    sender: mpsc::Sender<Bytes>,
}

pub(crate) fn start(
    shared: &Shared,
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Arc<Kind>,
) -> Result<Answer, Failure> {
    let selector = Selector::parse(
        kind,
        request.query("labelSelector"),
        request.query("fieldSelector"),
    )?;
    let from = request.query("resourceVersion");
    let initial = from.is_empty() || from == "0" || request.query_flag("sendInitialEvents");
    let revision = if initial {
        state.store.revision()
    } else {
        from.parse().map_err(|_| {
            Failure::internal(format!(
                "resourceVersion: Invalid value: \"{from}\": strconv.ParseUint: parsing \"{from}\": invalid syntax"
            ))
        })?
    };
    let (sender, receiver) = mpsc::channel(64);
    let watch = Watch {
        shared: shared.clone(),
        kind: Arc::clone(kind),
        namespace: path.namespace.clone(),
        selector,
        accept: request.accept().to_owned(),
        seen: revision,
        sender,
    };
    let first = if initial {
        watch.initial(state, request.query_flag("sendInitialEvents"))
    } else {
        Vec::new()
    };
    let seconds = request
        .query("timeoutSeconds")
        .parse()
        .ok()
        .filter(|seconds| *seconds > 0)
        .unwrap_or(1800);
    crate::background::spawn(async move {
        let _ = tokio::time::timeout(Duration::from_secs(seconds), watch.run(first)).await;
    });
    Ok(Answer::Stream(receiver))
}

impl Watch {
    /// Returns the objects that are there when the watch begins, and with `sendInitialEvents` the mark that this was all.
    fn initial(&self, state: &State, mark: bool) -> Vec<Value> {
        let mut lines: Vec<Value> = state
            .store
            .list(&self.kind.group, &self.kind.resource, &self.namespace)
            .into_iter()
            .filter(|(_, object)| self.selector.matches(object))
            .map(|(_, object)| self.line("ADDED", object))
            .collect();
        if mark {
            let bookmark = json!({
                "kind": self.kind.kind,
                "apiVersion": self.kind.api_version(),
                "metadata": {
                    "resourceVersion": self.seen.to_string(),
                    "creationTimestamp": null,
                    "annotations": {"k8s.io/initial-events-end": "true"},
                },
            });
            lines.push(self.line("BOOKMARK", &bookmark));
        }
        lines
    }

    async fn run(mut self, first: Vec<Value>) {
        let mut news = self.shared.lock().store.follow();
        let mut lines = first;
        loop {
            for line in lines {
                if self
                    .sender
                    .send(Bytes::from(format!("{line}\n")))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            let Some(next) = self.next() else { return };
            if next.is_empty() {
                tokio::select! {
                    changed = news.changed() => if changed.is_err() { return },
                    () = self.sender.closed() => return,
                }
            }
            lines = next;
        }
    }

    /// The lines for all changes that were not seen yet; none once the watch has failed.
    fn next(&mut self) -> Option<Vec<Value>> {
        if self.seen == u64::MAX {
            return None;
        }
        let shared = self.shared.clone();
        let state = shared.lock();
        let Some(events) = state.store.since(self.seen) else {
            let gone = Failure::new(
                410,
                "Expired",
                format!(
                    "too old resource version: {} ({})",
                    self.seen,
                    state.store.compacted()
                ),
            );
            self.seen = u64::MAX;
            return Some(vec![json!({"type": "ERROR", "object": gone.to_json()})]);
        };
        let lines = events
            .iter()
            .filter_map(|event| self.event(event))
            .collect();
        self.seen = self.seen.max(state.store.revision());
        Some(lines)
    }

    fn event(&self, event: &Event) -> Option<Value> {
        let ours = event.key.group == self.kind.group
            && event.key.resource == self.kind.resource
            && (self.namespace.is_empty() || event.key.namespace == self.namespace);
        if !ours {
            return None;
        }
        let before = event
            .before
            .as_ref()
            .is_some_and(|object| self.selector.matches(object));
        let after = !event.deleted && self.selector.matches(&event.after);
        // An object that comes to match is added, and one that no longer does is deleted, for this watch.
        match (before, after) {
            (false, true) => Some(self.line("ADDED", &event.after)),
            (true, true) => Some(self.line("MODIFIED", &event.after)),
            (true, false) if event.deleted => Some(self.line("DELETED", &event.after)),
            // What leaves the selection is shown as it last was in it.
            (true, false) => {
                let mut last = event.before.as_deref().cloned().unwrap_or_default();
                last["metadata"]["resourceVersion"] = event.revision.to_string().into();
                Some(self.line("DELETED", &last))
            }
            (false, false) => None,
        }
    }

    fn line(&self, what: &str, object: &Value) -> Value {
        json!({"type": what, "object": shaped(&self.accept, object)})
    }
}
