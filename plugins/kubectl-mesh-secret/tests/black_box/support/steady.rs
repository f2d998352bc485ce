//! Takes what varies from run to run out of a text.

/// What varies from run to run, by its shape (`d` a digit, `x` a hexadecimal one), and what stands for it.
pub(super) const VARYING: [(&str, &str); 7] = [
    ("dddd-dd-ddTdd:dd:ddZ", "[TIME]"),
    ("dddd-dd-dd dd:dd UTC", "[TIME]"),
    ("dddd-dd-dd", "[DATE]"),
    ("xx:xx:xx:xx:xx:xx:xx:xx", "[DIGEST]"),
    ("age ds", "age [AGE]"),
    ("\"ageSeconds\": d", "\"ageSeconds\": [AGE]"),
    ("ageSeconds: d", "ageSeconds: [AGE]"),
];

pub(super) fn masked(text: &str, shape: &str, word: &str) -> String {
    let fits = |window: &[u8]| {
        window
            .iter()
            .zip(shape.as_bytes())
            .all(|(c, shape)| match shape {
                b'd' => c.is_ascii_digit(),
                b'x' => c.is_ascii_hexdigit(),
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
