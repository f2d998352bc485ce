//! Takes what varies from run to run out of a text.

/// What varies from run to run, by its shape (`#` a digit, `%` a hexadecimal one), and what stands for it.
pub(super) const VARYING: [(&str, &str); 7] = [
    ("####-##-##T##:##:##Z", "[TIME]"),
    ("####-##-## ##:## UTC", "[TIME]"),
    ("####-##-##", "[DATE]"),
    ("%%:%%:%%:%%:%%:%%:%%:%%", "[DIGEST]"),
    ("age #s", "age [AGE]"),
    ("\"ageSeconds\": #", "\"ageSeconds\": [AGE]"),
    ("ageSeconds: #", "ageSeconds: [AGE]"),
];

pub(super) fn masked(text: &str, shape: &str, word: &str) -> String {
    let fits = |window: &[u8]| {
        window
            .iter()
            .zip(shape.as_bytes())
            .all(|(c, shape)| match shape {
                b'#' => c.is_ascii_digit(),
                b'%' => c.is_ascii_hexdigit(),
                exact => c == exact,
            })
    };
    let mut rest = text;
    let mut steady = String::new();
    while let Some(at) = rest.as_bytes().windows(shape.len()).position(fits) {
        steady.push_str(&rest[..at]);
        steady.push_str(word);
        rest = &rest[at + shape.len()..];
    }
    steady + rest
}
