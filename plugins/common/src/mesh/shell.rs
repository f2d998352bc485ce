//! Words of a command line that a person can paste, whoever chose them.

use std::borrow::Cow;

/// The text as one word of a shell's command line.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        assert_eq!(
            shell_word("arn:aws:eks:eu-west-1:1:cluster/east"),
            "arn:aws:eks:eu-west-1:1:cluster/east"
        );
        assert_eq!(shell_word("my east"), "'my east'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
