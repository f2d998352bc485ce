//! Loads a kubeconfig as clientcmd does.

use serde_json::{Map, Value};

use super::Refusal;
use super::schema::KUBECONFIG;
use crate::mesh::go;

/// A kubeconfig's entries, each with its name, as far as the rules need them.
pub(super) struct Config {
    pub(super) current: String,
    pub(super) clusters: Vec<Entry>,
    pub(super) users: Vec<Entry>,
    pub(super) contexts: Vec<Entry>,
}

/// A named cluster, user or context.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) fields: Map<String, Value>,
}

impl Entry {
    /// A text; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.value(key).as_str().unwrap_or_default()
    }

    /// A `[]byte`; empty where there is none.
    pub(super) fn bytes(&self, key: &str) -> Vec<u8> {
        go::bytes(self.value(key)).unwrap_or_default()
    }

    /// Any field; `null` where there is none.
    pub(super) fn value(&self, key: &str) -> &Value {
        self.fields.get(key).unwrap_or(&Value::Null)
    }

    /// Whether a text, `[]byte`, list or mapping has anything in it.
    pub(super) fn has(&self, key: &str) -> bool {
        match self.value(key) {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
        }
    }
}

/// The entry of that name.
pub(super) fn find<'a>(list: &'a [Entry], name: &str) -> Option<&'a Entry> {
    list.iter().find(|entry| entry.name == name)
}

/// # Errors
/// What cannot be decoded.
pub(super) fn load(bytes: &[u8]) -> Result<Config, Refusal> {
    let broken = |why: String| Refusal::NotLoadable(why);
    let root = go::first_document(bytes).map_err(broken)?;
    if !root.is_object() && !root.is_null() {
        return Err(broken("it is not a mapping".to_owned()));
    }
    KUBECONFIG.check(&root, "").map_err(broken)?;
    check_kind(&root).map_err(broken)?;
    Ok(Config {
        current: root["current-context"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        clusters: entries(&root["clusters"], "cluster"),
        users: entries(&root["users"], "user"),
        contexts: entries(&root["contexts"], "context"),
    })
}

/// clientcmd's scheme knows `v1` `Config`; a file that names neither is taken for it.
fn check_kind(root: &Value) -> Result<(), String> {
    for (key, known) in [("apiVersion", "v1"), ("kind", "Config")] {
        let given = root[key].as_str().unwrap_or_default();
        if !given.is_empty() && given != known {
            return Err(format!("its {key} is {given:?} and not {known:?}"));
        }
    }
    Ok(())
}

fn entries(list: &Value, item: &str) -> Vec<Entry> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|entry| Entry {
            name: entry["name"].as_str().unwrap_or_default().to_owned(),
            fields: entry[item].as_object().cloned().unwrap_or_default(),
        })
        .collect()
}
