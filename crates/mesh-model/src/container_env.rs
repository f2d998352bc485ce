//! Environment variables of containers, as Kubernetes and Go programs read them.

use crate::resources::{Container, PodSpec};

/// Returns the value of a variable in the first of these containers that sets it; of several entries with one name the
/// last wins. `None` if it is empty or comes from another object (`valueFrom`).
pub fn value<'a>(containers: &'a [Container], name: &str) -> Option<&'a str> {
    containers.iter().find_map(|container| {
        let mut entries = container.env.iter().flatten().rev();
        let entry = entries.find(|entry| entry.name == name)?;
        entry.value.as_deref().filter(|value| !value.is_empty())
    })
}

/// Returns the value of a variable in the containers of a pod, or else in its init containers, of which a proxy that goes on may be one.
pub(crate) fn value_in_pod<'a>(pod: &'a PodSpec, name: &str) -> Option<&'a str> {
    let inits = pod.init_containers.as_deref().unwrap_or_default();
    value(&pod.containers, name).or_else(|| value(inits, name))
}

/// Returns whether a switch is on, by Go's rules for booleans; `default` if it is not set or not a boolean.
///
/// Source: `RegisterBoolVar` in Istio's `pkg/env`, and `ParseBool` of Go's `strconv`.
pub fn is_on(containers: &[Container], name: &str, default: bool) -> bool {
    match value(containers, name) {
        Some("1" | "t" | "T" | "TRUE" | "true" | "True") => true,
        Some("0" | "f" | "F" | "FALSE" | "false" | "False") => false,
        Some(_) | None => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn containers(env: &[Value]) -> Vec<Container> {
        let container = json!({"name": "discovery", "env": env});
        vec![
            serde_json::from_value(json!({"name": "other"})).unwrap(),
            serde_json::from_value(container).unwrap(),
        ]
    }

    #[test]
    fn a_switch_is_spelled_as_go_takes_it() {
        for (text, expected) in [
            ("1", Some(true)),
            ("t", Some(true)),
            ("T", Some(true)),
            ("true", Some(true)),
            ("TRUE", Some(true)),
            ("True", Some(true)),
            ("0", Some(false)),
            ("f", Some(false)),
            ("F", Some(false)),
            ("false", Some(false)),
            ("FALSE", Some(false)),
            ("False", Some(false)),
            ("yes", None),
            ("tRUE", None),
            (" true", None),
            ("on", None),
            ("", None),
        ] {
            let containers = containers(&[json!({"name": "SWITCH", "value": text})]);
            for default in [true, false] {
                let found = is_on(&containers, "SWITCH", default);
                assert_eq!(found, expected.unwrap_or(default), "{text:?}");
            }
        }
        assert!(is_on(&containers(&[]), "SWITCH", true));
    }

    #[test]
    fn the_last_entry_of_a_name_counts() {
        let entry = |value: &str| json!({"name": "A", "value": value});
        let field = json!({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}});
        assert_eq!(
            value(&containers(&[entry("1"), entry("2")]), "A"),
            Some("2")
        );
        assert_eq!(value(&containers(&[entry("1"), field]), "A"), None);
        assert_eq!(value(&containers(&[entry("1")]), "B"), None);
    }
}
