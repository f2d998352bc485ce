//! Scheduling of a gateway's pods on nodes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The nodes that a gateway's pods may run on; any by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// Labels that the nodes have.
    pub node_selector: BTreeMap<String, String>,
    /// Taints of nodes that the pods tolerate.
    pub tolerations: Vec<Toleration>,
}

/// A taint that the pods tolerate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toleration {
    /// The taint's key.
    pub key: String,
    /// Its value; `None` matches any.
    pub value: Option<String>,
    /// Its effect; `None` matches any.
    pub effect: Option<String>,
}

impl Scheduling {
    /// Returns the fields that are set and have the same name in a pod, in the values of the chart and in an
    /// IstioOperator.
    pub(super) fn fields(&self) -> Vec<(&'static str, Value)> {
        let tolerations: Vec<Value> = self.tolerations.iter().map(Toleration::object).collect();
        let mut fields = Vec::new();
        if !self.node_selector.is_empty() {
            fields.push(("nodeSelector", json!(self.node_selector)));
        }
        if !tolerations.is_empty() {
            fields.push(("tolerations", json!(tolerations)));
        }
        fields
    }
}

impl Toleration {
    fn object(&self) -> Value {
        let mut object = Map::new();
        object.insert("key".to_owned(), json!(self.key));
        let operator = if self.value.is_some() {
            "Equal"
        } else {
            "Exists"
        };
        object.insert("operator".to_owned(), json!(operator));
        let more = [("value", &self.value), ("effect", &self.effect)];
        for (field, text) in more {
            if let Some(text) = text {
                object.insert(field.to_owned(), json!(text));
            }
        }
        Value::Object(object)
    }
}
