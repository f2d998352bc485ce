//! Words of a command line that a person can paste, whoever chose them.

use std::borrow::Cow;

use crate::visible::is_hidden;

/// The text as one word of a POSIX shell's command line.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    // zsh takes a word that begins with `=` for the path of a program.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

/// Whether a shell is given exactly this text when its quoted form is pasted. A terminal acts on control characters before
/// the shell sees the quotes, and what nobody sees cannot be checked by whoever pastes it.
pub(super) fn can_be_pasted(text: &str) -> bool {
    text.chars().all(is_printable)
}

/// The text in quotes, in one line, and with nothing that steers a terminal.
fn shown(text: &str) -> String {
    let text: String = text.chars().map(seen).collect();
    format!("\"{text}\"")
}

/// The name as a step in words shows it: as a command would have it, or escaped in quotes where no quoting helps.
pub fn named(text: &str) -> Cow<'_, str> {
    if can_be_pasted(text) {
        quoted(text)
    } else {
        Cow::Owned(shown(text))
    }
}

/// A flag of a command that is described in words, with a value that anybody may have chosen.
pub fn flag_in_words(flag: &str, value: &str) -> String {
    if !can_be_pasted(value) {
        return format!("{flag} with the value {}", named(value));
    }
    let joint = if value.starts_with('-') { "=" } else { " " };
    format!("{flag}{joint}{}", named(value))
}

/// The words of a step without anything by which a shell would run a part of them. What stands in quotes is no such thing,
/// and stays as it is.
pub(super) fn inert(text: &str) -> String {
    let mut within = Within::Nothing;
    let mut inert = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // A variable's value is not run.
        let is_variable = c == '$' && rest.peek().is_some_and(char::is_ascii_uppercase);
        if within.acts_on(c) && !is_variable {
            inert.extend(c.escape_unicode());
            continue;
        }
        inert.push_str(&seen(c));
        if c == '\\' && within != Within::Single {
            // It takes the next character's meaning, if that is one that is shown as it is.
            inert.extend(rest.next_if(|next| is_printable(*next) && *next != '!'));
        }
        within = within.after(c);
    }
    inert
}

/// The quotes that a shell is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Single,
    Double,
}

impl Within {
    /// Whether a shell does something at this character.
    fn acts_on(self, c: char) -> bool {
        match self {
            Self::Nothing => "$`;|&<>!".contains(c),
            Self::Double => "$`!".contains(c),
            Self::Single => false,
        }
    }

    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Nothing, '\'') => Self::Single,
            (Self::Nothing, '"') => Self::Double,
            (Self::Single, '\'') | (Self::Double, '"') => Self::Nothing,
            _ => self,
        }
    }
}

/// The character itself, or an escape where nobody would see it.
fn seen(c: char) -> String {
    if is_printable(c) {
        c.to_string()
    } else if c.escape_debug().count() > 1 {
        c.escape_debug().collect()
    } else {
        c.escape_unicode().collect()
    }
}

/// By Unicode's categories: controls, format characters, separators other than a blank, combining marks and what is not
/// assigned are not, nor is anything that every output replaces.
fn is_printable(c: char) -> bool {
    !is_hidden(c) && (matches!(c, '\'' | '"' | '\\') || c.escape_debug().count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        for (text, expected) in [
            (
                "arn:aws:eks:eu-west-1:1:cluster/east",
                "arn:aws:eks:eu-west-1:1:cluster/east",
            ),
            ("my east", "'my east'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("=ls", "'=ls'"),
            ("~root", "'~root'"),
            ("a*", "'a*'"),
            ("!!", "'!!'"),
            ("größe", "'größe'"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn what_nobody_sees_is_not_pasted() {
        for good in ["west", "my east", "größe", "東", "🚀", "it's \"x\" \\ $(y)"] {
            assert!(can_be_pasted(good), "{good}");
        }
        for bad in [
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2066}',
            '\u{2800}',
            '\u{3164}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
        ] {
            let text = format!("a{bad}b");
            assert!(!can_be_pasted(&text), "{text:?}");
            assert!(shown(&text).chars().all(is_printable), "{text:?}");
        }
    }
}
