//! The types of a kubeconfig's fields. Go's decoder refuses a value of another type, ignores unknown fields, and treats
//! `null` as absent.
//!
//! Source: `k8s.io/client-go/tools/clientcmd/api/v1/types.go`.

use serde_json::Value;

use super::config::Defect;
use crate::go;

/// The type of a field.
pub(super) enum Type {
    Text,
    Boolean,
    /// `[]byte`: base64.
    Bytes,
    Anything,
    List(&'static Self),
    /// A list whose items each have a `name`, all different.
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
    /// Checks `value` and everything in it; `at` is its path.
    ///
    /// # Errors
    /// The problem and its path; never the value.
    pub(super) fn check(&self, value: &Value, at: &str) -> Result<(), Defect> {
        match (self, value) {
            (_, Value::Null)
            | (Anything, _)
            | (Text, Value::String(_))
            | (Boolean, Value::Bool(_)) => Ok(()),
            (Bytes, Value::String(_) | Value::Array(_)) => match go::bytes(value) {
                Some(_) => Ok(()),
                None => Err(Defect::Broken(format!("{at} is not base64"))),
            },
            (List(item), Value::Array(items)) => items
                .iter()
                .try_for_each(|value| item.check(value, &format!("an item of {at}"))),
            (Named(fields), Value::Array(items)) => named(fields, items, at),
            (Map(item), Value::Object(entries)) => entries
                .iter()
                .try_for_each(|(key, value)| item.check(value, &format!("{key} of {at}"))),
            (Struct(fields), Value::Object(_)) => record(fields, value, at),
            (Text | Boolean | Bytes | List(_) | Named(_) | Map(_) | Struct(_), _) => {
                Err(self.wrong(value, at))
            }
        }
    }

    fn wrong(&self, value: &Value, at: &str) -> Defect {
        let expected = match self {
            Text | Anything => "text",
            Boolean => "true or false",
            Bytes => "base64",
            List(_) | Named(_) => "a list",
            Map(_) | Struct(_) => "a mapping",
        };
        let found = match value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a mapping",
        };
        Defect::Broken(format!("{at} has to be {expected} and is {found}"))
    }
}

fn record(fields: &[(&str, Type)], value: &Value, at: &str) -> Result<(), Defect> {
    fields.iter().try_for_each(|(key, field)| {
        let at = if at.is_empty() {
            (*key).to_owned()
        } else {
            format!("{key} of {at}")
        };
        field.check(&value[key], &at)
    })
}

/// Checks the names of a list. An item that is `null` or has no name counts as one with an empty name, and there can be
/// only one of those.
fn named(fields: &'static [(&str, Type)], items: &[Value], at: &str) -> Result<(), Defect> {
    let mut names = std::collections::BTreeSet::new();
    for item in items {
        if !item.is_object() && !item.is_null() {
            return Err(Struct(fields).wrong(item, &format!("an item of {at}")));
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
        if names.contains(name) {
            return Err(Defect::Duplicate {
                list: at.to_owned(),
                name: name.to_owned(),
            });
        }
        // clientcmd ignores an extension without content.
        let is_empty_extension =
            fields.iter().any(|(key, _)| *key == "extension") && item["extension"].is_null();
        if !is_empty_extension {
            names.insert(name);
        }
    }
    Ok(())
}
