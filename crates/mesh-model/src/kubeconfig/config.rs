//! Loads a kubeconfig as clientcmd does.

use std::fmt;

use serde_json::{Map, Value};

use super::schema::KUBECONFIG;
use crate::go;

/// A kubeconfig's entries, each with its name.
#[derive(Default)]
pub struct Config {
    /// Empty where there is none.
    pub current: String,
    /// Its clusters, in the file's order.
    pub clusters: Vec<Entry>,
    /// Its users, in the file's order.
    pub users: Vec<Entry>,
    /// Its contexts, in the file's order.
    pub contexts: Vec<Entry>,
}

/// A named cluster, user or context. Its name is empty where the file gives none.
#[derive(Clone, Default)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its fields by their names in the file.
    pub fields: Map<String, Value>,
}

/// The reason why a text is not a kubeconfig. It names fields and entries, and never contains a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// It cannot be read, or a field has a value of the wrong type.
    Broken(String),
    /// Two entries of one list have the same name.
    Duplicate {
        /// The list, such as `clusters`.
        list: String,
        /// The name.
        name: String,
    },
}

impl Entry {
    /// Returns a text; empty if there is none.
    pub fn text(&self, key: &str) -> &str {
        self.value(key).as_str().unwrap_or_default()
    }

    /// Returns a text, unless it is empty.
    pub fn given(&self, key: &str) -> Option<&str> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// Returns a `[]byte`; empty if there is none.
    pub fn bytes(&self, key: &str) -> Vec<u8> {
        go::bytes(self.value(key)).unwrap_or_default()
    }

    /// Returns any field; `null` if there is none.
    pub fn value(&self, key: &str) -> &Value {
        self.fields.get(key).unwrap_or(&Value::Null)
    }

    /// Returns whether a field is `true`.
    pub fn is_true(&self, key: &str) -> bool {
        self.value(key) == &Value::Bool(true)
    }

    /// Returns whether a text, `[]byte`, list or mapping is not empty.
    pub fn has(&self, key: &str) -> bool {
        match self.value(key) {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(why) => f.write_str(why),
            Self::Duplicate { list, name } => write!(f, "two {list} are called {name:?}"),
        }
    }
}

/// Returns the entry of that name.
pub fn find<'a>(list: &'a [Entry], name: &str) -> Option<&'a Entry> {
    list.iter().find(|entry| entry.name == name)
}

/// Reads the first document of a text, as clientcmd does; an empty text is an empty kubeconfig.
///
/// # Errors
/// A text that cannot be decoded.
pub fn load(bytes: &[u8]) -> Result<Config, Defect> {
    of_root(go::first_document(bytes).map_err(Defect::Broken)?)
}

/// Reads a document that is parsed already; see [`load`].
pub fn of_root(mut root: Value) -> Result<Config, Defect> {
    if !root.is_object() && !root.is_null() {
        return Err(Defect::Broken("it is not a mapping".to_owned()));
    }
    KUBECONFIG.check(&root, "")?;
    check_kind(&root)?;
    Ok(Config {
        current: root["current-context"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        clusters: entries(&mut root, "clusters", "cluster"),
        users: entries(&mut root, "users", "user"),
        contexts: entries(&mut root, "contexts", "context"),
    })
}

/// Checks version and kind. clientcmd's scheme knows `v1` `Config`; a file that names neither is accepted as that.
fn check_kind(root: &Value) -> Result<(), Defect> {
    for (key, known) in [("apiVersion", "v1"), ("kind", "Config")] {
        let given = root[key].as_str().unwrap_or_default();
        if !given.is_empty() && given != known {
            return Err(Defect::Broken(format!(
                "its {key} is {given:?} and not {known:?}"
            )));
        }
    }
    Ok(())
}

fn entries(root: &mut Value, list: &str, item: &str) -> Vec<Entry> {
    let items = root.get_mut(list).map(Value::take).unwrap_or_default();
    let Value::Array(items) = items else {
        return Vec::new();
    };
    items
        .into_iter()
        .map(|mut entry| Entry {
            name: entry["name"].as_str().unwrap_or_default().to_owned(),
            fields: match entry.get_mut(item).map(Value::take) {
                Some(Value::Object(fields)) => fields,
                _ => Map::new(),
            },
        })
        .collect()
}
