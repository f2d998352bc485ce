//! YAML as the suite writes it: the one place that knows the YAML library and its options.
//!
//! Tokens and certificates stay on one line, texts with line breaks become literal blocks, and words such as
//! `yes` or `1_000` are quoted, so that kubectl reads back what was meant.

use serde::Serialize;

use super::Error;

/// Writes `value` as one YAML document that ends in a line break.
pub fn to_yaml<T: Serialize>(value: &T) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    // Only a hand-written Serialize can fail here, and ours are derived.
    serde_saphyr::to_string_with_options(value, options)
        .unwrap_or_else(|e| format!("# cannot be written: {e}\n"))
}

/// Writes `objects` as one stream of YAML documents, `---` between them.
pub fn to_documents<T: Serialize>(objects: &[T]) -> String {
    let documents: Vec<String> = objects.iter().map(to_yaml).collect();
    documents.join("---\n")
}

/// Reads every document of `text` as JSON values; `null` documents are left out.
///
/// # Errors
/// Text that is not YAML; the error names line and column and never shows the text, which may hold secrets.
pub fn documents(text: &str, origin: &str) -> Result<Vec<serde_json::Value>, Error> {
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(text).map_err(|e| {
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
    fn what_is_not_yaml_is_not_shown() {
        let error = documents("a: [secret-word\nb: }", "FILE")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("FILE is not YAML, line"), "{error}");
        assert!(!error.contains("secret-word"));
    }
}
