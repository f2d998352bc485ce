//! Takes what varies from run to run out of a text.

/// Texts that vary from run to run, by their shape (`#` a digit, `%` a hexadecimal one), and the words for them.
const VARYING: [(&str, &str); 14] = [
    ("####-##-##T##:##:##Z", "[TIME]"),
    ("####-##-## ##:## UTC", "[TIME]"),
    ("####-##-##", "[DATE]"),
    ("%%:%%:%%:%%:%%:%%:%%:%%", "[DIGEST]"),
    ("%%%%%%%%-%%%%-%%%%-%%%%-%%%%%%%%%%%%", "[UID]"),
    ("age ##s", "age [AGE]"),
    ("age #s", "age [AGE]"),
    ("\"ageSeconds\": ##", "\"ageSeconds\": [AGE]"),
    ("\"ageSeconds\": #", "\"ageSeconds\": [AGE]"),
    ("ageSeconds: ##", "ageSeconds: [AGE]"),
    ("ageSeconds: #", "ageSeconds: [AGE]"),
    // They grow with each check that is added.
    ("### checks passed", "[COUNT] checks passed"),
    ("## checks passed", "[COUNT] checks passed"),
    ("\"passed\": ###", "\"passed\": [COUNT]"),
];

/// `text` without times, ages and digests.
pub(super) fn steady(text: String) -> String {
    VARYING
        .iter()
        .fold(text, |text, (shape, word)| masked(&text, shape, word))
}

fn masked(text: &str, shape: &str, word: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::steady;

    #[test]
    fn times_ages_and_digests_are_masked_and_nothing_else() {
        for (text, expected) in [
            (
                "until 2031-02-03, not 2031-2-3",
                "until [DATE], not 2031-2-3",
            ),
            ("at 2031-02-03T04:05:06Z.", "at [TIME]."),
            ("AB:cd:00:11:22:33:44:55", "[DIGEST]"),
            (
                "=53bc7261-8ac4-4816-a8a6-3a11a42e79e4, not 53bc7261-8ac4",
                "=[UID], not 53bc7261-8ac4",
            ),
            ("age 7s of 77s, age 77s", "age [AGE] of 77s, age [AGE]"),
            (
                "141 checks passed; 12 checks were skipped",
                "[COUNT] checks passed; 12 checks were skipped",
            ),
            (
                "7 of 98 checks passed, 0 checks passed",
                "7 of [COUNT] checks passed, 0 checks passed",
            ),
        ] {
            assert_eq!(steady(text.to_owned()), expected);
        }
    }
}
