//! YAML output of the suite, and the only place that uses the YAML library and its options.
//!
//! Tokens and certificates stay on one line, texts with line breaks become literal blocks, and words such as `yes` or
//! `1_000` are quoted, so that kubectl reads the same values back.

use serde::Serialize;
use serde_json::Value;

use super::{Error, visible};

/// The maximum number of aliases, and of merge keys, in one text. Each can stand for all text before it, so that a few
/// dozen in a few lines take minutes to read.
const ALIASES: usize = 16;
/// The maximum number of nodes that aliases may stand for in total.
const REPEATED: usize = 10_000;

/// Returns the options for reading any text.
pub(super) fn reading() -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_aliases: ALIASES,
        max_merge_keys: ALIASES,
        max_recorded_anchor_events: REPEATED,
    };
    let limits = serde_saphyr::alias_limits! {
        max_total_replayed_events: REPEATED,
    };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: limits,
    }
}

/// Writes `value` as one YAML document that ends in a line break.
pub fn to_yaml<T: Serialize>(value: &T) -> String {
    let text = write(value);
    if !steers(&text) {
        return text;
    }
    let value = serde_json::to_value(value).unwrap_or_default();
    write_aside(value, &text, steers)
}

/// Writes a report as one YAML document that ends in a line break. Each of its texts is one line: in a block of lines, a text
/// from a cluster could pass for a line of the report.
pub fn report_to_yaml(report: Value) -> String {
    let text = write(&report);
    if steers(&text) || has_lines(&report) {
        write_aside(report, &text, |text| text.chars().any(visible::is_hidden))
    } else {
        text
    }
}

fn write<T: Serialize>(value: &T) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    // Only a hand-written Serialize can fail here; ours are derived.
    serde_saphyr::to_string_with_options(value, options)
        .unwrap_or_else(|e| format!("# cannot be written: {e}\n"))
}

/// Writes `value`, whose normal form is `text`, with every unsafe text quoted and escaped.
fn write_aside(value: Value, text: &str, is_unsafe: fn(&str) -> bool) -> String {
    let mut escaped = Vec::new();
    let value = set_aside(value, &unused_word(text), is_unsafe, &mut escaped);
    let mut text = write(&value);
    // No word is a prefix of another one, because each ends in `z`.
    for (word, quoted) in escaped.iter().rev() {
        text = text.replace(word, quoted);
    }
    text
}

fn steers(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && visible::is_hidden(c))
}

/// Returns whether a text in it has several lines.
fn has_lines(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\n'),
        Value::Array(items) => items.iter().any(has_lines),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| key.contains('\n') || has_lines(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns a word that does not occur in `text`.
fn unused_word(text: &str) -> String {
    let mut word = "quoted".to_owned();
    while text.contains(&word) {
        word.push('x');
    }
    word
}

/// Replaces every unsafe text by a placeholder word, and stores its safe form for YAML: quoted and escaped.
fn set_aside(
    value: Value,
    word: &str,
    is_unsafe: fn(&str) -> bool,
    escaped: &mut Vec<(String, String)>,
) -> Value {
    let mut aside = |text: String| {
        if !is_unsafe(&text) {
            return text;
        }
        let word = format!("{word}{}z", escaped.len());
        escaped.push((word.clone(), visible::quoted_in_yaml(&text)));
        word
    };
    match value {
        Value::String(text) => Value::String(aside(text)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| set_aside(item, word, is_unsafe, escaped))
            .collect(),
        Value::Object(fields) => {
            let fields: Vec<(String, Value)> = fields
                .into_iter()
                .map(|(key, value)| (aside(key), value))
                .collect();
            fields
                .into_iter()
                .map(|(key, value)| (key, set_aside(value, word, is_unsafe, escaped)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

/// Writes `objects` as one stream of YAML documents, `---` between them.
pub fn to_documents<T: Serialize>(objects: &[T]) -> String {
    let documents: Vec<String> = objects.iter().map(to_yaml).collect();
    documents.join("---\n")
}

/// Returns the text of a file: UTF-8, or UTF-16 with a byte order mark, as kubectl reads it.
pub fn text(bytes: &[u8]) -> Option<String> {
    super::go::decode(bytes)
}

/// Reads every document of `text` as JSON values; `null` documents are left out.
///
/// # Errors
/// Text that is not YAML; the error names line and column and never shows the text, which may hold secrets.
pub fn documents(text: &str, origin: &str) -> Result<Vec<Value>, Error> {
    let read = serde_saphyr::from_multiple_with_options(text, reading());
    let documents: Vec<Value> = read.map_err(|e| {
        let at = e
            .location()
            .map(|l| format!(", line {}, column {}", l.line(), l.column()))
            .unwrap_or_default();
        Error::usage(format!("{origin} is not YAML{at}"))
    })?;
    Ok(documents.into_iter().filter(|d| !d.is_null()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_that_look_like_something_else_are_quoted_and_long_ones_stay_whole() {
        let long = "x ".repeat(200) + "end";
        let value = json!({"a": "yes", "b": "1_000", "c": "on", "d": long, "e": "one\ntwo\n", "f": "12", "yes": "no"});
        let text = to_yaml(&value);
        assert_eq!(documents(&text, "it").unwrap(), [value]);
        assert!(text.lines().any(|l| l.len() > 400), "{text}");
        assert!(text.contains("e: |\n"), "{text}");
    }

    #[test]
    fn what_steers_a_terminal_is_escaped_and_read_back_unchanged() {
        let value = json!({"a\u{202e}": ["x\u{1b}[2J\u{9b}\"\\", "plain", "one\ntwo\u{2028}\n"],
            "quoted0z": "\u{61c}\u{200b}\u{e0001}\u{feff}", "b": {"c": "\u{2066}é"}});
        let text = to_yaml(&value);
        assert!(!steers(&text), "{text:?}");
        // Go's YAML does not read a character in two halves.
        assert!(
            text.contains("\\U000e0001") && !text.contains("\\ud"),
            "{text}"
        );
        assert_eq!(documents(&text, "it").unwrap(), [value]);
    }

    #[test]
    fn no_text_of_a_report_begins_a_line_of_its_own() {
        let value =
            json!({"context": "x\nhint: canary\nfix: canary", "a\nb": ["plain", "one\r\ntwo"]});
        let text = report_to_yaml(value.clone());
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(
            !text.contains("\n    hint:") && !text.contains("\n  hint:"),
            "{text}"
        );
        assert_eq!(documents(&text, "it").unwrap(), [value]);
        let plain = json!({"a": ["b", {"c": "it's \\n"}]});
        assert_eq!(report_to_yaml(plain.clone()), to_yaml(&plain));
    }

    #[test]
    fn a_text_that_stands_for_ever_more_is_refused() {
        let aliases = |count: usize| {
            let uses: Vec<_> = (0..count).map(|n| format!("k{n}: *x\n")).collect();
            format!("a: &x {{b: c}}\n{}", uses.concat())
        };
        assert!(documents(&aliases(16), "it").is_ok());
        assert!(documents(&aliases(17), "it").is_err());
        let merges = |count: usize| {
            let uses: Vec<_> = (0..count).map(|n| format!("k{n}: {{<<: *x}}\n")).collect();
            format!("a: &x {{b: c}}\n{}", uses.concat())
        };
        assert!(documents(&merges(16), "it").is_ok());
        assert!(documents(&merges(17), "it").is_err());
        let nested: Vec<_> = (1..=15)
            .map(|n| format!("k{n}: &k{n} [*k{}, *k{}]\n", n - 1, n - 1))
            .collect();
        assert!(documents(&format!("k0: &k0 [x]\n{}", nested.concat()), "it").is_err());
    }

    #[test]
    fn what_is_not_yaml_is_not_shown() {
        let error = documents("a: [secret-word\nb: }", "FILE")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("FILE is not YAML, line"), "{error}");
        assert!(!error.contains("secret-word"));
    }
}
