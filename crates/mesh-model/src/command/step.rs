//! Remedies in words, in which settings of the caller stay data until they are displayed.

use std::fmt;

use super::knob::{Flags, Knob, Knobs};
use super::word::{can_be_pasted, inert, named};

/// Words for a person; nothing to paste. If somebody pastes it nevertheless, no part of it runs: characters of a name
/// that a shell would interpret are escaped.
///
/// Displayed with the plugins' flags; [`Self::shown`] is for callers without flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Knob(Knob, Option<String>),
}

impl Step {
    /// Starts a step with words.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Text(text.into())],
        }
    }

    /// Returns the step to repeat the command with this setting, with any value, trusted or not.
    pub fn add(knob: Knob, value: &str) -> Self {
        if can_be_pasted(value) {
            return Self::new("add ").set(knob, named(value));
        }
        let step = Self::new("add ").knob(knob);
        step.text(format!(" with the value {}", named(value)))
    }

    /// Returns an example of a setting; the value must be safe to paste.
    pub fn example(knob: Knob, value: impl Into<String>) -> Self {
        Self::new("for example: ").set(knob, value)
    }

    /// Appends words.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Appends a setting that has no value, or whose value does not matter.
    #[must_use]
    pub fn knob(mut self, knob: Knob) -> Self {
        self.parts.push(Part::Knob(knob, None));
        self
    }

    /// Appends a setting and its value, which must be safe to paste.
    #[must_use]
    pub fn set(mut self, knob: Knob, value: impl Into<String>) -> Self {
        self.parts.push(Part::Knob(knob, Some(value.into())));
        self
    }

    /// Appends another step.
    #[must_use]
    pub fn step(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// Returns the text with settings named by `knobs`.
    pub fn shown(&self, knobs: &dyn Knobs) -> String {
        let shown = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Knob(knob, value) => knobs.setting(*knob, value.as_deref()),
        };
        inert(&self.parts.iter().map(shown).collect::<String>())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(&Flags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct File;

    impl Knobs for File {
        fn setting(&self, knob: Knob, value: Option<&str>) -> String {
            let key = knob.flag().trim_start_matches('-');
            format!("{key}: {} (mesh.yaml:14)", value.unwrap_or("true"))
        }
    }

    #[test]
    fn settings_are_shown_as_the_caller_has_them() {
        let step = Step::new("take it over with ").knob(Knob::ForceConflicts);
        assert_eq!(step.to_string(), "take it over with --force-conflicts");
        let step = Step::add(Knob::Network, "net-a");
        assert_eq!(step.to_string(), "add --network net-a");
        assert_eq!(step.shown(&File), "add network: net-a (mesh.yaml:14)");
    }
}
