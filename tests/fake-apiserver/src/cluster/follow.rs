//! Changes of objects with a label as a controller inside of the cluster hears of them, without HTTP and unrecorded.

use std::sync::Arc;

use serde_json::Value;

use crate::cluster::handle::Cluster;
use crate::state::shared::Shared;
use crate::state::store::Event;

/// A change that was heard of.
pub struct News {
    /// `add`, `update` or `delete`, as client-go's informers tell them apart.
    pub what: &'static str,
    /// The object as it is then, or as it last was.
    pub object: Arc<Value>,
}

/// A controller's view of the objects of one core resource that have a label.
pub struct Follower {
    shared: Shared,
    resource: String,
    namespace: String,
    label: (String, String),
    /// The revision up to which it has heard of everything; none before it listed them.
    seen: Option<u64>,
}

impl Cluster {
    /// Begins to follow: what is there comes first, as added.
    pub fn follow(&self, resource: &str, namespace: &str, label: (&str, &str)) -> Follower {
        Follower {
            shared: self.shared.clone(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            label: (label.0.to_owned(), label.1.to_owned()),
            seen: None,
        }
    }
}

impl Follower {
    /// All that is new since the last time.
    pub fn news(&mut self) -> Vec<News> {
        let shared = self.shared.clone();
        let state = shared.lock();
        let before = self.seen.replace(state.store.revision());
        let events = before.and_then(|before| state.store.since(before));
        match events {
            Some(events) => events.iter().filter_map(|event| self.of(event)).collect(),
            None => state
                .store
                .list("", &self.resource, &self.namespace)
                .into_iter()
                .filter(|(_, object)| self.has_label(object))
                .map(|(_, object)| News {
                    what: "add",
                    object: Arc::clone(object),
                })
                .collect(),
        }
    }

    fn of(&self, event: &Event) -> Option<News> {
        let key = &event.key;
        let is_ours = key.group.is_empty()
            && key.resource == self.resource
            && key.namespace == self.namespace;
        if !is_ours {
            return None;
        }
        let before = event
            .before
            .as_ref()
            .is_some_and(|object| self.has_label(object));
        let after = !event.deleted && self.has_label(&event.after);
        let what = match (before, after) {
            (false, true) => "add",
            (true, true) => "update",
            (true, false) => "delete",
            (false, false) => return None,
        };
        Some(News {
            what,
            object: Arc::clone(&event.after),
        })
    }

    fn has_label(&self, object: &Value) -> bool {
        let (name, value) = &self.label;
        object["metadata"]["labels"][name] == value.as_str()
    }
}
