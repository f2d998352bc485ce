//! A YAML text as a tree that keeps the line of each value, so that an error can name it.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::Error;
use crate::yaml::reading;

/// A value with its line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) value: Value,
}

/// A value of YAML.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool,
    Number,
    Text(String),
    List(Vec<Node>),
    /// In the order of the text.
    Map(Vec<(String, Node)>),
}

impl Value {
    /// Returns the kind in words.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Node {
    /// Reads the only document of `text`, which comes from `origin`.
    ///
    /// # Errors
    /// A text that is not one YAML document, with the place.
    pub(super) fn of(text: &str, origin: &str) -> Result<Self, Error> {
        let read = serde_saphyr::from_multiple_with_options::<Self>(text, reading());
        let mut documents = read.map_err(|error| {
            let line = error.location().map(|place| format!(":{}", place.line()));
            let line = line.unwrap_or_default();
            Error::usage(format!(
                "{origin}{line}: it is not YAML, or has a key twice"
            ))
        })?;
        match (documents.pop(), documents.first()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(Error::usage(format!("{origin}: it is empty"))),
            (Some(second), Some(_)) => Err(Error::usage(format!(
                "{origin}:{}: it has a second document, and one mesh is wanted",
                second.line
            ))),
        }
    }

    /// Returns the value of a key; none if it is absent or empty, or this is no map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        let found = entries.iter().find(|(name, _)| name == key);
        found
            .map(|(_, node)| node)
            .filter(|node| node.value != Value::Null)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self {
            line: spanned.referenced.line(),
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Value, D::Error> {
                Value::deserialize(some)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
                Ok(Value::Bool)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Value::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry::<String, Node>()? {
                    map.push(entry);
                }
                Ok(Value::Map(map))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
