//! The types of a kubeconfig's fields. Go's decoder refuses a value of another type, passes over fields that it does not
//! know, and takes `null` for nothing.
//!
//! Source: `k8s.io/client-go/tools/clientcmd/api/v1/types.go`.

use serde_json::Value;

use crate::mesh::go;

/// What a field holds.
pub(super) enum Type {
    Text,
    Boolean,
    /// `[]byte`: base64.
    Bytes,
    Anything,
    List(&'static Self),
    /// A list whose items have a `name` each, no two the same.
    Named(&'static [(&'static str, Self)]),
    /// A mapping with keys of the user's own.
    Map(&'static Self),
    Struct(&'static [(&'static str, Self)]),
}

use Type::{Anything, Boolean, Bytes, List, Map, Named, Struct, Text};

const EXTENSIONS: Type = Named(&[("name", Text), ("extension", Anything)]);

/// A whole kubeconfig.
pub(super) const KUBECONFIG: Type = Struct(&[
    ("kind", Text),
    ("apiVersion", Text),
    ("current-context", Text),
    (
        "preferences",
        Struct(&[("colors", Boolean), ("extensions", EXTENSIONS)]),
    ),
    ("extensions", EXTENSIONS),
    ("clusters", Named(&[("name", Text), ("cluster", CLUSTER)])),
    ("users", Named(&[("name", Text), ("user", USER)])),
    ("contexts", Named(&[("name", Text), ("context", CONTEXT)])),
]);

const CLUSTER: Type = Struct(&[
    ("server", Text),
    ("tls-server-name", Text),
    ("insecure-skip-tls-verify", Boolean),
    ("certificate-authority", Text),
    ("certificate-authority-data", Bytes),
    ("proxy-url", Text),
    ("disable-compression", Boolean),
    ("extensions", EXTENSIONS),
]);

const USER: Type = Struct(&[
    ("client-certificate", Text),
    ("client-certificate-data", Bytes),
    ("client-key", Text),
    ("client-key-data", Bytes),
    ("token", Text),
    ("tokenFile", Text),
    ("as", Text),
    ("as-uid", Text),
    ("as-groups", List(&Text)),
    ("as-user-extra", Map(&List(&Text))),
    ("username", Text),
    ("password", Text),
    (
        "auth-provider",
        Struct(&[("name", Text), ("config", Map(&Text))]),
    ),
    ("exec", EXEC),
    ("extensions", EXTENSIONS),
]);

const EXEC: Type = Struct(&[
    ("command", Text),
    ("args", List(&Text)),
    ("env", List(&Struct(&[("name", Text), ("value", Text)]))),
    ("apiVersion", Text),
    ("installHint", Text),
    ("provideClusterInfo", Boolean),
    ("interactiveMode", Text),
]);

const CONTEXT: Type = Struct(&[
    ("cluster", Text),
    ("user", Text),
    ("namespace", Text),
    ("extensions", EXTENSIONS),
]);

impl Type {
    /// Checks `value` and all in it; `at` is where it is found.
    ///
    /// # Errors
    /// What is wrong, and where; never the value.
    pub(super) fn check(&self, value: &Value, at: &str) -> Result<(), String> {
        let wrong = || Err(format!("{at} is of the wrong type"));
        match (self, value) {
            (_, Value::Null)
            | (Anything, _)
            | (Text, Value::String(_))
            | (Boolean, Value::Bool(_)) => Ok(()),
            (Bytes, Value::String(_) | Value::Array(_)) => match go::bytes(value) {
                Some(_) => Ok(()),
                None => Err(format!("{at} is not base64")),
            },
            (List(item), Value::Array(items)) => items
                .iter()
                .try_for_each(|value| item.check(value, &format!("an item of {at}"))),
            (Named(fields), Value::Array(items)) => named(fields, items, at),
            (Map(item), Value::Object(entries)) => entries
                .iter()
                .try_for_each(|(key, value)| item.check(value, &format!("{key} of {at}"))),
            (Struct(fields), Value::Object(_)) => record(fields, value, at),
            (Text | Boolean | Bytes | List(_) | Named(_) | Map(_) | Struct(_), _) => wrong(),
        }
    }
}

fn record(fields: &[(&str, Type)], value: &Value, at: &str) -> Result<(), String> {
    fields.iter().try_for_each(|(key, field)| {
        let at = if at.is_empty() {
            (*key).to_owned()
        } else {
            format!("{key} of {at}")
        };
        field.check(&value[key], &at)
    })
}

fn named(fields: &[(&str, Type)], items: &[Value], at: &str) -> Result<(), String> {
    let mut names = std::collections::BTreeSet::new();
    for item in items {
        if !item.is_object() && !item.is_null() {
            return Err(format!("an item of {at} is of the wrong type"));
        }
        let name = item["name"].as_str().unwrap_or_default();
        for (key, field) in fields {
            let at = match field {
                Struct(_) => format!("{key} {name:?}"),
                Text | Boolean | Bytes | Anything | List(_) | Named(_) | Map(_) => {
                    format!("{key} of an item of {at}")
                }
            };
            field.check(&item[key], &at)?;
        }
        if !names.insert(name) {
            return Err(format!("two items of {at} are called {name:?}"));
        }
    }
    Ok(())
}
