//! The YAML document that Kubernetes' decoder reads from a text.
//!
//! It follows `sigs.k8s.io/yaml`: only the first document is read, the last of duplicate keys wins, and YAML 1.1 is the
//! only version.

use serde_json::Value;

use crate::yaml;

/// Returns the first document of `bytes`, `null` if it is empty.
///
/// # Errors
/// The reason why it cannot be read; it never contains the text.
pub(crate) fn first_document(bytes: &[u8]) -> Result<Value, String> {
    let text = decode(bytes).ok_or("it is not text")?;
    let text = first(&text);
    if let Some(version) = directive(text)
        && version != "1.1"
    {
        return Err(format!("it is YAML {version}, and only 1.1 is read"));
    }
    let mut options = yaml::reading();
    options.duplicate_keys = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
    let read: Result<Vec<Value>, _> = serde_saphyr::from_multiple_with_options(text, options);
    let documents = read.map_err(|error| {
        let at = error.location();
        let at = at.map(|l| format!(", line {}, column {}", l.line(), l.column()));
        format!("it is not YAML{}", at.unwrap_or_default())
    })?;
    Ok(documents.into_iter().next().unwrap_or_default())
}

/// Decodes UTF-8, or UTF-16 if there is a byte order mark for it.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks(2);
        let units: Option<Vec<u16>> = pairs.map(|pair| pair.try_into().ok().map(from)).collect();
        String::from_utf16(&units?).ok()
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => {
            let text = str::from_utf8(bytes).ok()?;
            Some(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
        }
    }
}

/// Returns everything before the marker that ends the first document. A marker counts at the start of any line.
fn first(text: &str) -> &str {
    let mut begun = false;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let is = |mark: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        if begun && (is("---") || is("...")) {
            break;
        }
        let says_nothing = line.trim().is_empty() || line.starts_with(['#', '%']);
        begun = begun || !says_nothing;
        end += line.len();
    }
    &text[..end]
}

/// Returns the version in a `%YAML` line before the document.
fn directive(text: &str) -> Option<&str> {
    text.lines()
        .take_while(|line| !line.starts_with("---"))
        .find_map(|line| line.strip_prefix("%YAML")?.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_first_document_is_read() {
        for (text, expected) in [
            ("a: 1", Ok(json!({"a": 1}))),
            ("---\na: 1\n---\nb: [", Ok(json!({"a": 1}))),
            ("# x\n\n---\na: 1\n...\n[", Ok(json!({"a": 1}))),
            ("---\n---\na: 1", Ok(Value::Null)),
            ("", Ok(Value::Null)),
            ("\u{feff}a: 1", Ok(json!({"a": 1}))),
            ("a: 1\na: 2", Ok(json!({"a": 2}))),
            ("%YAML 1.1\n---\na: 1", Ok(json!({"a": 1}))),
            (
                "%YAML 1.2\n---\na: 1",
                Err("it is YAML 1.2, and only 1.1 is read".to_owned()),
            ),
            ("a: [", Err("it is not YAML, line 1, column 4".to_owned())),
        ] {
            assert_eq!(first_document(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn wide_text_is_read_by_its_mark() {
        let wide: Vec<u8> = "\u{feff}a: 1"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(first_document(&wide), Ok(json!({"a": 1})));
        assert!(first_document(&wide[..5]).is_err());
        assert!(first_document(b"caf\xe9").is_err());
    }
}
