//! Invisible characters, and characters that change how others are displayed: the one place that knows them.
//!
//! Text from a cluster is not trusted. No character of it may control a terminal, reverse the direction of the
//! following text, or be invisible.

/// Returns whether `c` is a control character, a line or paragraph separator, a directional mark, or has no width:
/// Unicode's categories Cc, Zl, Zp and Cf, and characters that are drawn as nothing.
///
/// Source: <https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt> (`Default_Ignorable_Code_Point`) and
/// <https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedGeneralCategory.txt>.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns `text` with every hidden character except line breaks and tabs replaced by a visible one.
pub fn printable(text: &str) -> String {
    text.replace(|c: char| is_hidden(c) && c != '\n' && c != '\t', "\u{fffd}")
}

/// Returns the same in one line, so that a text from a cluster cannot look like a line of ours.
pub fn in_one_line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

/// Returns the first `longest` characters of `text` in one line, with dots if it is longer.
pub fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => in_one_line(&text[..end]) + " ...",
        None => in_one_line(text),
    }
}

/// Returns `text` in double quotes, with hidden characters escaped for YAML: as in JSON, except for the characters that
/// JSON writes as two, which Go's YAML refuses.
pub fn quoted_in_yaml(text: &str) -> String {
    use std::fmt::Write as _;
    let mut quoted = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        // Writing to a String cannot fail.
        let _ = match u32::from(c) {
            code @ 0x1_0000.. if is_hidden(c) => write!(quoted, "\\U{code:08x}"),
            code if is_hidden(c) => write!(quoted, "\\u{code:04x}"),
            _ => quoted.write_char(c),
        };
    }
    quoted
}

/// Returns JSON with the hidden characters in its texts escaped; JSON itself requires that for only a few of them.
pub fn escaped(json: String) -> String {
    let has_hidden = json.chars().any(|c| c != '\n' && is_hidden(c));
    if !has_hidden {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            safe.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_seen_and_what_does_not_stays() {
        for c in "\u{0}\u{7}\u{1b}\r\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{180e}\u{200b}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206f}\u{3164}\u{fe0f}\u{feff}\u{fff9}\u{e0001}\u{e007f}".chars()
        {
            assert!(is_hidden(c), "{c:?}");
            assert_eq!(printable(&c.to_string()), "\u{fffd}");
            let json = escaped(serde_json::Value::from(c.to_string()).to_string());
            assert!(json.is_ascii(), "{json}");
            let read: String = serde_json::from_str(&json).unwrap();
            assert_eq!(read, c.to_string());
        }
        for c in " aé語-_:/.'\"\u{fffd}\u{a0}\u{1f600}".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn text_of_a_cluster_is_one_short_line() {
        assert_eq!(in_one_line("a\u{2028}hint: b\n\tc"), "a\u{fffd}hint: b  c");
        assert_eq!(shortened("abcdef", 3), "abc ...");
        assert_eq!(shortened("äöü", 3), "äöü");
    }
}
