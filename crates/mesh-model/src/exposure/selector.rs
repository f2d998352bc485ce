//! The selector for the pods that an Istio Gateway configures.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::cluster_name::is_dns_label;
use crate::command::{Knob, Step};
use crate::network::is_label_value;

/// The labels that select a gateway's pods, at least one; `istio=eastwestgateway` by default.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GatewaySelector(BTreeMap<String, String>);

impl GatewaySelector {
    /// Returns the selector of a Service; `None` if it has none.
    pub fn of_labels(labels: BTreeMap<String, String>) -> Option<Self> {
        (!labels.is_empty()).then_some(Self(labels))
    }

    /// Returns whether pods with these labels are selected.
    pub fn selects(&self, labels: Option<&BTreeMap<String, String>>) -> bool {
        let mut own = self.0.iter();
        own.all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
    }

    /// Returns each label's key and value.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl Default for GatewaySelector {
    fn default() -> Self {
        Self(BTreeMap::from([(
            "istio".to_owned(),
            "eastwestgateway".to_owned(),
        )]))
    }
}

/// Displays the form that [`FromStr`] reads.
impl fmt::Display for GatewaySelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (key, value)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

impl FromStr for GatewaySelector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut labels = BTreeMap::new();
        for pair in text.split(',') {
            let wrong = |why: &str| {
                Error::usage(format!("selector {text:?} {why}"))
                    .hint(Step::example(Knob::Selector, Self::default().to_string()))
            };
            let (key, value) = pair
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.strip_prefix('=').unwrap_or(value).trim()))
                .ok_or_else(|| wrong("is not KEY=VALUE, or several with commas between them"))?;
            if !is_label_key(key) {
                return Err(wrong(&format!(
                    "has {key:?}, which is not the key of a label"
                )));
            }
            if !is_label_value(value) {
                return Err(wrong(&format!(
                    "has {value:?}, which is not the value of a label"
                )));
            }
            if labels.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(wrong(&format!("has {key} twice")));
            }
        }
        Ok(Self(labels))
    }
}

/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let good_prefix = |prefix: &str| prefix.len() <= 253 && prefix.split('.').all(is_dns_label);
    is_label_value(name) && prefix.is_none_or(good_prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_labels_with_commas_between_them() {
        for (text, shown) in [
            ("istio=eastwestgateway", "istio=eastwestgateway"),
            ("b=2,a=1", "a=1,b=2"),
            (
                "example.com/role==gateway, app=x",
                "app=x,example.com/role=gateway",
            ),
        ] {
            assert_eq!(text.parse::<GatewaySelector>().unwrap().to_string(), shown);
        }
        for bad in [
            "", "a", "=b", "a=", "a=1,", "a=1,a=2", "a=b=c", "a b=c", "A_.x/y=z", "a!=b", "x/y/z=1",
        ] {
            let error = bad.parse::<GatewaySelector>().unwrap_err();
            assert_eq!(
                error.hints(),
                ["for example: --selector istio=eastwestgateway"],
                "{bad}"
            );
        }
    }

    #[test]
    fn a_service_without_a_selector_selects_nothing() {
        assert_eq!(GatewaySelector::of_labels(BTreeMap::new()), None);
    }
}
