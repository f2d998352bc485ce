//! Parses the values that select the nodes of a gateway's pods, by the rules of Kubernetes.

use super::Toleration;
use super::values::is_qualified_name;
use crate::Error;
use crate::command::{Knob, Step};
use crate::network::is_label_value;

/// The effects of taints.
/// Source: <https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/>.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Splits `KEY=VALUE`, a label of nodes.
pub(super) fn label(text: &str) -> Result<(String, String), Error> {
    match text.split_once('=') {
        Some((key, value)) if is_qualified_name(key) && is_value(value) => {
            Ok((key.to_owned(), value.to_owned()))
        }
        Some(_) | None => Err(Error::usage(format!(
            "node selector {text:?} is not a label of nodes ([PREFIX/]NAME=VALUE)"
        ))
        .hint(Step::example(
            Knob::NodeSelector,
            "topology.kubernetes.io/zone=west-1a",
        ))),
    }
}

/// Parses `KEY[=VALUE][:EFFECT]`, a taint of nodes.
pub(super) fn toleration(text: &str) -> Result<Toleration, Error> {
    let (taint, effect) = match text.split_once(':') {
        Some((taint, effect)) => (taint, Some(effect)),
        None => (text, None),
    };
    let (key, value) = match taint.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (taint, None),
    };
    let is_good = is_qualified_name(key)
        && value.is_none_or(is_value)
        && effect.is_none_or(|effect| EFFECTS.contains(&effect));
    if is_good {
        return Ok(Toleration {
            key: key.to_owned(),
            value: value.map(str::to_owned),
            effect: effect.map(str::to_owned),
        });
    }
    Err(Error::usage(format!(
        "toleration {text:?} is not KEY[=VALUE][:EFFECT] with an effect of {}",
        EFFECTS.join(", ")
    ))
    .hint(Step::example(
        Knob::Toleration,
        "dedicated=gateways:NoSchedule",
    )))
}

fn is_value(text: &str) -> bool {
    text.is_empty() || is_label_value(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_selectors_are_labels() {
        for (text, key, value) in [
            ("disk=ssd", "disk", "ssd"),
            (
                "node-role.kubernetes.io/edge=",
                "node-role.kubernetes.io/edge",
                "",
            ),
        ] {
            assert_eq!(label(text).unwrap(), (key.to_owned(), value.to_owned()));
        }
        for bad in ["disk", "=ssd", "disk=a b", "a/b/c=d", "disk=a=b"] {
            assert!(label(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tolerations_are_as_kubectl_has_taints() {
        for (text, key, value, effect) in [
            ("edge", "edge", None, None),
            ("edge:NoExecute", "edge", None, Some("NoExecute")),
            ("edge=", "edge", Some(""), None),
            (
                "x.io/edge=a:NoSchedule",
                "x.io/edge",
                Some("a"),
                Some("NoSchedule"),
            ),
        ] {
            let one = toleration(text).unwrap();
            let found = (
                one.key.as_str(),
                one.value.as_deref(),
                one.effect.as_deref(),
            );
            assert_eq!(found, (key, value, effect));
        }
        for bad in [
            "",
            "=a",
            ":NoSchedule",
            "edge:Never",
            "edge=a b",
            "edge:NoSchedule-",
        ] {
            assert!(toleration(bad).is_err(), "{bad}");
        }
    }
}
