//! Commands that a person can paste, and the remedies that hints and findings carry.
//!
//! A [`Command`] is made of words, never of text: each word is quoted for a POSIX shell (`sh`, `bash`, `zsh`) when it is
//! printed, so that a name chosen by somebody who is hostile stays one word. Other shells, such as PowerShell, quote
//! differently; the words themselves hold there too.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::shell::shell_word;

/// A command line: one program with its words, or several joined by `|` or `&&`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    parts: Vec<Part>,
    /// False once a word was added that no quoting makes safe to paste.
    can_be_pasted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(Cow<'static, str>),
    Pipe,
    Then,
}

impl Command {
    /// Begins with words of this program's own text, split at blanks: `Command::new("kubectl mesh-secret create")`.
    pub fn new(words: &'static str) -> Self {
        let empty = Self {
            parts: Vec::new(),
            can_be_pasted: true,
        };
        empty.words(words)
    }

    /// Adds words of this program's own text, split at blanks.
    #[must_use]
    pub fn words(mut self, words: &'static str) -> Self {
        let words = words.split_ascii_whitespace();
        self.parts
            .extend(words.map(|word| Part::Word(Cow::Borrowed(word))));
        self
    }

    /// Adds a positional argument, whoever chose its text. One that begins with `-` would be read as a flag: the
    /// command then cannot be pasted.
    #[must_use]
    pub fn arg(mut self, text: &str) -> Self {
        self.can_be_pasted &= !text.starts_with('-') && !text.is_empty();
        self.push(text.to_owned())
    }

    /// Adds a flag with its value, whoever chose the value: `--context west`.
    #[must_use]
    pub fn flag(mut self, flag: &'static str, value: &str) -> Self {
        if value.starts_with('-') && flag.starts_with("--") {
            return self.push(format!("{flag}={value}"));
        }
        self.can_be_pasted &= !value.starts_with('-');
        self.parts.push(Part::Word(Cow::Borrowed(flag)));
        self.push(value.to_owned())
    }

    /// Adds the flag only where there is a value.
    #[must_use]
    pub fn flag_if(self, flag: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.flag(flag, value),
            None => self,
        }
    }

    /// Sends the output to the input of `next`.
    #[must_use]
    pub fn pipe(self, next: Self) -> Self {
        self.join(Part::Pipe, next)
    }

    /// Runs `next` where this one succeeded.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        self.join(Part::Then, next)
    }

    fn join(mut self, by: Part, next: Self) -> Self {
        self.parts.push(by);
        self.parts.extend(next.parts);
        self.can_be_pasted &= next.can_be_pasted;
        self
    }

    fn push(mut self, word: String) -> Self {
        self.can_be_pasted &= !word.chars().any(cannot_be_pasted);
        self.parts.push(Part::Word(Cow::Owned(word)));
        self
    }
}

/// Characters that a terminal or a shell acts on while a text is pasted, before any quoting counts.
fn cannot_be_pasted(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match part {
                Part::Word(word) => f.write_str(&shell_word(word))?,
                Part::Pipe => f.write_str("|")?,
                Part::Then => f.write_str("&&")?,
            }
        }
        Ok(())
    }
}

/// One thing to do next: a command that can be pasted as it stands, or a step in words.
///
/// Serialized as the two fields `fix` (its text) and `fixKind` (`command` or `step`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// A command without placeholders.
    Command(Command),
    /// Words for a person; nothing to paste.
    Step(String),
}

impl Remedy {
    /// The word for its kind in JSON: `command` or `step`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Step(_) => "step",
        }
    }
}

impl From<Command> for Remedy {
    /// A command with a word that cannot be pasted becomes a step that says so.
    fn from(command: Command) -> Self {
        if command.can_be_pasted {
            Self::Command(command)
        } else {
            let text = command.to_string();
            let text: String = text
                .chars()
                .flat_map(|c| {
                    let escaped = cannot_be_pasted(c).then(|| c.escape_unicode());
                    let plain = escaped.is_none().then_some(c);
                    escaped.into_iter().flatten().chain(plain)
                })
                .collect();
            Self::Step(format!(
                "do by hand what this command would do, since a name in it cannot be pasted safely: {text}"
            ))
        }
    }
}

impl From<String> for Remedy {
    fn from(step: String) -> Self {
        Self::Step(step)
    }
}

impl From<&str> for Remedy {
    fn from(step: &str) -> Self {
        Self::Step(step.to_owned())
    }
}

impl From<&String> for Remedy {
    fn from(step: &String) -> Self {
        Self::Step(step.clone())
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => command.fmt(f),
            Self::Step(step) => f.write_str(step),
        }
    }
}

/// Equal to the text that is printed.
impl PartialEq<&str> for Remedy {
    fn eq(&self, text: &&str) -> bool {
        self.to_string() == *text
    }
}

/// Equal to the text that is printed.
impl PartialEq<String> for Remedy {
    fn eq(&self, text: &String) -> bool {
        self.to_string() == *text
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
    use super::*;

    fn delete(context: &str, name: &str) -> Remedy {
        Command::new("kubectl")
            .flag("--context", context)
            .words("delete secret")
            .arg(name)
            .into()
    }

    #[test]
    fn words_of_others_stay_words() {
        assert_eq!(
            delete("east", "x;touch pwned"),
            "kubectl --context east delete secret 'x;touch pwned'"
        );
        assert_eq!(
            delete("--raw", "west"),
            "kubectl --context=--raw delete secret west"
        );
        assert_eq!(delete("east", "west").kind(), "command");
    }

    #[test]
    fn what_no_quoting_makes_safe_is_a_step() {
        for name in ["a\nrm -rf x", "a\u{202e}b", "a\u{1b}[201~b", "--all", ""] {
            let remedy = delete("east", name);
            assert_eq!(remedy.kind(), "step", "{name:?}");
            assert!(!remedy.to_string().chars().any(cannot_be_pasted));
        }
    }

    #[test]
    fn several_commands_are_joined() {
        let line = Command::new("kubectl mesh-eastwest generate")
            .flag("--network", "net a")
            .pipe(Command::new("kubectl apply -f -"))
            .then(Command::new("kubectl get ns"));
        assert_eq!(
            line.to_string(),
            "kubectl mesh-eastwest generate --network 'net a' | kubectl apply -f - && kubectl get ns"
        );
    }

    #[test]
    fn json_tells_a_command_from_a_step() {
        let json = serde_json::to_string(&delete("east", "west")).unwrap();
        assert_eq!(
            json,
            r#"{"fix":"kubectl --context east delete secret west","fixKind":"command"}"#
        );
        let json = serde_json::to_string(&Remedy::from("restart istiod")).unwrap();
        assert_eq!(json, r#"{"fix":"restart istiod","fixKind":"step"}"#);
    }
}
