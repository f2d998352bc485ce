//! Objects in memory, their revision, and the log of changes that watches read.
//!
//! The store knows keys and JSON, no rules: what may be written, and how it looks, is decided before it gets here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use crate::model::kinds::Kind;

/// The key under which an object is kept. Cluster-scoped objects have an empty namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(kind: &Kind, namespace: &str, name: &str) -> Self {
        Self {
            group: kind.group.clone(),
            resource: kind.resource.clone(),
            namespace: if kind.namespaced {
                namespace.to_owned()
            } else {
                String::new()
            },
            name: name.to_owned(),
        }
    }

    pub(crate) fn core(resource: &str, namespace: &str, name: &str) -> Self {
        Self {
            group: String::new(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// One change, with the object before and after it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) key: Key,
    pub(crate) before: Option<Arc<Value>>,
    /// The state after the event; of an object that is gone its last state, with the revision of its end.
    pub(crate) after: Arc<Value>,
    pub(crate) deleted: bool,
}

/// The objects of one cluster.
#[derive(Debug)]
pub(crate) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    events: Vec<Event>,
    revision: u64,
    compacted: u64,
    changed: watch::Sender<u64>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            events: Vec::new(),
            revision: 0,
            compacted: 0,
            changed: watch::Sender::new(0),
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Follows the revision, so that a watch can sleep until something happens.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Value>> {
        self.objects.get(key).cloned()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    /// The objects of a kind, in one namespace or (with an empty one) in all, in the order of their names.
    pub(crate) fn list(
        &self,
        group: &str,
        resource: &str,
        namespace: &str,
    ) -> Vec<(&Key, &Arc<Value>)> {
        let first = Key {
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        self.objects
            .range(first..)
            .take_while(|(key, _)| {
                key.group == group
                    && key.resource == resource
                    && (namespace.is_empty() || key.namespace == namespace)
            })
            .collect()
    }

    /// Writes an object under a new revision, which is put into it, and returns what was stored.
    pub(crate) fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        let object = Arc::new(object);
        let before = self.objects.insert(key.clone(), Arc::clone(&object));
        self.log(key, before, Arc::clone(&object), false);
        object
    }

    /// Takes an object away and returns its last state.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.objects.remove(key)?;
        self.revision += 1;
        let mut last = (*before).clone();
        last["metadata"]["resourceVersion"] = self.revision.to_string().into();
        self.log(key.clone(), Some(Arc::clone(&before)), Arc::new(last), true);
        Some(before)
    }

    fn log(&mut self, key: Key, before: Option<Arc<Value>>, after: Arc<Value>, deleted: bool) {
        self.events.push(Event {
            revision: self.revision,
            key,
            before,
            after,
            deleted,
        });
        self.changed.send_replace(self.revision);
    }

    /// The changes after a revision, or none where they are no longer known.
    pub(crate) fn since(&self, revision: u64) -> Option<&[Event]> {
        if revision < self.compacted {
            return None;
        }
        let first = self
            .events
            .partition_point(|event| event.revision <= revision);
        Some(&self.events[first..])
    }

    /// Forgets all changes so far, as etcd does every five minutes.
    pub(crate) fn compact(&mut self) {
        self.events.clear();
        self.compacted = self.revision;
    }

    pub(crate) fn compacted(&self) -> u64 {
        self.compacted
    }
}
