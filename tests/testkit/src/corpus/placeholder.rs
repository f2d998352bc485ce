//! Placeholders in texts: `${variable}`, and `${what:of}` for what only running clusters know.

use serde_json::{Map, Value};

/// Returns the value with all placeholders replaced by what `meaning` says of them, in keys too. A placeholder without a meaning
/// stays. Entries that are empty after that are left out, so that a variable may be empty.
pub(super) fn fill(value: &Value, meaning: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, meaning)),
        Value::Array(items) => items.iter().map(|item| fill(item, meaning)).collect(),
        Value::Object(map) => {
            let mut whole = Map::new();
            for (key, value) in map {
                let was_placeholder = value.as_str().is_some_and(|text| text.contains("${"));
                let value = fill(value, meaning);
                if !(was_placeholder && value == "") {
                    whole.insert(filled(key, meaning), value);
                }
            }
            Value::Object(whole)
        }
        other => other.clone(),
    }
}

/// The same for one text. Placeholders may be in placeholders: `${root:${ca}}`.
pub(super) fn filled(text: &str, meaning: &dyn Fn(&str) -> Option<String>) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        whole.push_str(before);
        let end = end_of(after).unwrap_or_else(|| panic!("a placeholder has no end: {text}"));
        let name = filled(&after[..end], meaning);
        if let Some(value) = meaning(&name) {
            // A variable's value may have placeholders of its own.
            whole.push_str(&filled(&value, meaning));
        } else {
            whole.push_str("${");
            whole.push_str(&name);
            whole.push('}');
        }
        rest = &after[end + 1..];
    }
    whole + rest
}

/// Returns the place of the brace that ends a placeholder.
fn end_of(text: &str) -> Option<usize> {
    let mut open = 0;
    text.char_indices().find_map(|(place, character)| {
        match character {
            '{' => open += 1,
            '}' if open == 0 => return Some(place),
            '}' => open -= 1,
            _ => (),
        }
        None
    })
}

/// Fails where a placeholder has no meaning.
pub(super) fn none_is_left(value: &Value) {
    let text = value.to_string();
    assert!(
        !text.contains("${"),
        "a placeholder has no meaning in {text}"
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[test]
    fn texts_and_keys_are_filled_and_what_is_empty_then_is_left_out() {
        let meaning = |name: &str| match name {
            "id" => Some("west".to_owned()),
            "name" | "name:west" => Some("secret-${id}".to_owned()),
            "none" => Some(String::new()),
            _ => None,
        };
        let given = json!({"${id}": "a ${name} b", "gone": "${none}", "stays": "", "later": "${server:${id}}", "nested": "${name:${id}}"});
        assert_eq!(
            fill(&given, &meaning),
            json!({"west": "a secret-west b", "stays": "", "later": "${server:west}", "nested": "secret-west"})
        );
    }
}
