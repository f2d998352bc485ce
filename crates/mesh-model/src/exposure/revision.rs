//! Revisions of the control plane, as they appear in the names of istiod's objects.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::cluster_name::{is_dns_label, nearest_label};
use crate::command::{Knob, Step};

/// The value of the chart's labels for the revision without a name. Source: `templates/deployment.yaml` of the chart
/// istiod.
const DEFAULT: &str = "default";

/// A revision of the control plane; without a name by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Revision(Option<String>);

impl Revision {
    /// Returns the revision for a value of the label `istio.io/rev`.
    pub fn of_label(value: Option<&str>) -> Self {
        Self(
            value
                .filter(|name| !name.is_empty() && *name != DEFAULT)
                .map(str::to_owned),
        )
    }

    /// Returns its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Returns `base` for the revision without a name, and `base-NAME` for others, as Istio's chart names istiod's
    /// objects.
    pub fn suffixed(&self, base: &str) -> String {
        match &self.0 {
            None => base.to_owned(),
            Some(name) => format!("{base}-{name}"),
        }
    }

    /// Returns its name for messages.
    pub fn word(&self) -> &str {
        self.0.as_deref().unwrap_or(DEFAULT)
    }
}

impl From<String> for Revision {
    fn from(word: String) -> Self {
        Self::of_label(Some(&word))
    }
}

impl From<Revision> for String {
    fn from(revision: Revision) -> Self {
        revision.word().to_owned()
    }
}

impl FromStr for Revision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let revision = Self::of_label(Some(text));
        let service = revision.suffixed("istiod");
        if is_dns_label(&service) {
            return Ok(revision);
        }
        let error = Error::usage(format!(
            "revision {text:?} cannot be part of istiod's name (a-z, 0-9 and '-', at most 56)"
        ));
        let near: String = nearest_label(text).chars().take(56).collect();
        Err(match near.trim_end_matches('-') {
            "" => error.hint(Step::example(Knob::Revision, "canary")),
            near => error.hint(Step::example(Knob::Revision, near)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_part_of_a_name() {
        for (text, name) in [("default", None), ("", None), ("1-31-0", Some("1-31-0"))] {
            assert_eq!(text.parse::<Revision>().unwrap().name(), name);
        }
        for (bad, hint) in [
            ("1.31.0", "for example: --revision 1-31-0"),
            ("Canary", "for example: --revision canary"),
            ("a/b", "for example: --revision a-b"),
            ("_", "for example: --revision canary"),
        ] {
            assert_eq!(bad.parse::<Revision>().unwrap_err().hints(), [hint]);
        }
        assert!("x".repeat(56).parse::<Revision>().is_ok());
        assert!("x".repeat(57).parse::<Revision>().is_err());
    }
}
