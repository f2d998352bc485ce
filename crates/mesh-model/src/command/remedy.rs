//! Remedies: the next thing to do about a problem.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Command, Flags, Knob, Knobs, Step};

/// One thing to do next: a command that can be pasted as it is, or a step in words.
///
/// Several remedies of one problem are alternatives, unless they are [`Self::Check`] or [`Self::Then`].
///
/// Serialized as the two fields `fix` (its text) and `fixKind` (`command`, `check` or `step`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// A command without placeholders.
    Command(Command),
    /// A command without placeholders that only reads: it repairs nothing, and its output shows what is wrong.
    Check(Command),
    /// Words for a person; nothing to paste.
    Step(Step),
    /// The thing to do after the remedy before it.
    Then(Box<Self>),
}

impl Remedy {
    /// Returns its kind in JSON: `command`, `check` or `step`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Check(_) => "check",
            Self::Step(_) => "step",
            Self::Then(next) => next.kind(),
        }
    }

    /// Returns the remedy as the one to follow after the remedy before it.
    #[must_use]
    pub fn then(next: impl Into<Self>) -> Self {
        Self::Then(Box::new(next.into()))
    }

    /// Returns the command, if it is one.
    pub fn command(&self) -> Option<&Command> {
        match self {
            Self::Command(command) | Self::Check(command) => Some(command),
            Self::Step(_) => None,
            Self::Then(next) => next.command(),
        }
    }

    /// Returns the step to repeat the command with this setting, with any value, trusted or not.
    pub fn add(knob: Knob, value: &str) -> Self {
        Step::add(knob, value).into()
    }

    /// Returns the text for a caller that names its settings by `knobs`.
    pub fn shown(&self, knobs: &dyn Knobs) -> String {
        match self {
            Self::Command(command) | Self::Check(command) => command.to_string(),
            Self::Step(step) => step.shown(knobs),
            Self::Then(next) => next.shown(knobs),
        }
    }

    /// Returns the first word of a command.
    pub fn program(&self) -> Option<&str> {
        self.command()?.programs().first()?.first().copied()
    }
}

impl From<Command> for Remedy {
    /// Converts a command; one that only reads is a check. If it has a word that cannot be pasted, it becomes a step
    /// that says so and shows that word separately.
    fn from(command: Command) -> Self {
        let unfit = command.unfit();
        if unfit.is_empty() {
            return if command.only_reads() {
                Self::Check(command)
            } else {
                Self::Command(command)
            };
        }
        format!(
            "a name in the command that helps is not safe to paste, so type it by hand: {}, where NAME is {}",
            command.in_words(),
            unfit.join(", then ")
        )
        .into()
    }
}

impl From<Step> for Remedy {
    fn from(step: Step) -> Self {
        Self::Step(step)
    }
}

impl From<String> for Remedy {
    fn from(step: String) -> Self {
        Step::new(step).into()
    }
}

impl From<&str> for Remedy {
    fn from(step: &str) -> Self {
        Step::new(step).into()
    }
}

impl From<&Self> for Remedy {
    fn from(remedy: &Self) -> Self {
        remedy.clone()
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) | Self::Check(command) => command.fmt(f),
            Self::Step(step) => step.fmt(f),
            Self::Then(next) => next.fmt(f),
        }
    }
}

/// Compares the printed text.
impl PartialEq<&str> for Remedy {
    fn eq(&self, text: &&str) -> bool {
        self.shown(&Flags) == *text
    }
}

/// Compares the printed text.
impl PartialEq<String> for Remedy {
    fn eq(&self, text: &String) -> bool {
        self.shown(&Flags) == *text
    }
}

impl Serialize for Remedy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Remedy", 2)?;
        fields.serialize_field("fix", &self.to_string())?;
        fields.serialize_field("fixKind", self.kind())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::word::can_be_pasted;
    use super::*;

    fn describe(context: &str, name: &str) -> Remedy {
        Command::new("kubectl")
            .flag("--context", context)
            .words("describe secret")
            .arg(name)
            .into()
    }

    #[test]
    fn words_of_others_stay_words() {
        assert_eq!(
            describe("east", "x;touch pwned"),
            "kubectl --context east describe secret 'x;touch pwned'"
        );
        assert_eq!(
            describe("--raw", "west"),
            "kubectl --context=--raw describe secret west"
        );
        assert_eq!(describe("east", "west").kind(), "check");
    }

    #[test]
    fn what_no_quoting_makes_safe_is_a_step() {
        for name in ["a\nrm -rf x", "a\u{202e}b", "a\u{1b}[201~b", "--all", ""] {
            let remedy = describe("east", name);
            assert_eq!(remedy.kind(), "step", "{name:?}");
            let text = remedy.to_string();
            assert!(
                text.contains("describe secret NAME, where NAME is "),
                "{text}"
            );
            assert!(can_be_pasted(&text), "{text:?}");
        }
    }

    #[test]
    fn the_value_of_a_flag_to_add_is_one_word() {
        for (value, expected) in [
            ("https://h:1", "add --server https://h:1"),
            ("a;b", "add --server 'a;b'"),
            ("-x", "add --server=-x"),
            ("a\nb", "add --server with the value \"a\\nb\""),
        ] {
            assert_eq!(Remedy::add(Knob::Server, value), expected);
        }
    }

    #[test]
    fn a_step_runs_nothing_of_a_name() {
        for (name, expected) in [
            ("west", "delete secret west"),
            ("it's", "delete secret it's"),
            ("x;touch y", r"delete secret x\u{3b}touch y"),
            ("$(touch y)", r"delete secret \u{24}(touch y)"),
            ("a\ntouch y", r"delete secret a\ntouch y"),
            ("'x;touch y'", "delete secret 'x;touch y'"),
            ("it's 'x;touch y'", r"delete secret it's 'x\u{3b}touch y'"),
            ("\"$(touch y)\"", r#"delete secret "\u{24}(touch y)""#),
            (r"\';touch y", r"delete secret \'\u{3b}touch y"),
            (r"'\';touch y", r"delete secret '\'\u{3b}touch y"),
            ("!touch", r"delete secret \u{21}touch"),
        ] {
            assert_eq!(Remedy::from(format!("delete secret {name}")), expected);
        }
    }

    #[test]
    fn json_tells_a_command_from_a_check_and_a_step() {
        let json = serde_json::to_string(&describe("east", "west")).unwrap();
        assert_eq!(
            json,
            r#"{"fix":"kubectl --context east describe secret west","fixKind":"check"}"#
        );
        let restart = Command::new("kubectl rollout restart deployment istiod");
        let json = serde_json::to_string(&Remedy::then(restart)).unwrap();
        assert_eq!(
            json,
            r#"{"fix":"kubectl rollout restart deployment istiod","fixKind":"command"}"#
        );
        let json = serde_json::to_string(&Remedy::from("restart istiod")).unwrap();
        assert_eq!(json, r#"{"fix":"restart istiod","fixKind":"step"}"#);
    }
}
