//! Words of a command line that can be pasted safely, even if their text is not trusted.

use std::borrow::Cow;

use crate::visible::is_hidden;

/// Returns the text as one word of a POSIX shell's command line.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    // zsh replaces a word that begins with `=` by the path of a program.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

/// Returns whether a shell receives exactly this text when its quoted form is pasted. A terminal acts on control
/// characters before the shell sees the quotes, and invisible characters cannot be checked by the user who pastes them.
pub(super) fn can_be_pasted(text: &str) -> bool {
    text.chars().all(is_printable)
}

/// Returns the text in quotes, in one line, without characters that control a terminal.
fn shown(text: &str) -> String {
    let text: String = text.chars().map(seen).collect();
    format!("\"{text}\"")
}

/// Returns the name as a step in words shows it: quoted as in a command, or escaped in quotes if it cannot be quoted
/// safely.
pub fn named(text: &str) -> Cow<'_, str> {
    if can_be_pasted(text) {
        quoted(text)
    } else {
        Cow::Owned(shown(text))
    }
}

/// Returns the words of a step with everything escaped that would make a shell run a part of them. Quoted parts are
/// harmless and stay as they are.
pub(super) fn inert(text: &str) -> String {
    let mut within = Within::Nothing;
    let mut inert = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // The value of a variable is not executed.
        let is_variable = c == '$' && rest.peek().is_some_and(char::is_ascii_uppercase);
        if within.acts_on(c) && !is_variable {
            inert.extend(c.escape_unicode());
            continue;
        }
        inert.push_str(&seen(c));
        if c == '\\' && within != Within::Single {
            // A backslash quotes the next character, if that is one that is shown as it is.
            inert.extend(rest.next_if(|next| is_printable(*next) && *next != '!'));
        }
        within = within.after(c);
    }
    inert
}

/// The kind of quotes that a shell is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Single,
    Double,
}

impl Within {
    /// Returns whether a shell acts on this character.
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

/// Returns the character itself, or an escape if it would be invisible.
fn seen(c: char) -> String {
    if is_printable(c) {
        c.to_string()
    } else if c.escape_debug().count() > 1 {
        c.escape_debug().collect()
    } else {
        c.escape_unicode().collect()
    }
}

/// Returns whether a character is printable, by Unicode's categories: controls, format characters, separators other
/// than a blank, combining marks and unassigned characters are not, nor is any character that output replaces.
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
