//! `[]byte` in JSON as `encoding/json` reads it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// Go requires padding, but does not require the bits before it to be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Returns the bytes: base64, in which line breaks are ignored, or a list of numbers. Empty if there is no value;
/// `None` if it is neither. Source: <https://pkg.go.dev/encoding/base64#Encoding.Decode>,
/// <https://pkg.go.dev/encoding/json#Unmarshal>.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => base64(text.as_bytes()),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
            .collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Decodes base64, in which line breaks are ignored.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    BASE64.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn base64_is_read_as_go_reads_it() {
        for (value, expected) in [
            (json!("aGk="), Some("hi")),
            (json!("aG\r\nk=\n"), Some("hi")),
            (json!("aGl="), Some("hi")),
            (json!("aGk"), None),
            (json!("a-_="), None),
            (json!([104, 105]), Some("hi")),
            (json!([256]), None),
            (json!(null), Some("")),
            (json!(3), None),
        ] {
            let read = bytes(&value);
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{value}");
        }
    }
}
