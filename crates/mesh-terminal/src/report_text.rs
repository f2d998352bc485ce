//! The lines of reports for people: keys with values, findings, counts. No text from a cluster is trusted, so none
//! controls the terminal and none looks like a line of ours.

use jiff::SignedDuration;
use unicode_width::UnicodeWidthStr as _;

use mesh_model::command::Remedy;
use mesh_model::finding::{Finding, Severity};
use mesh_model::visible::in_one_line;

/// The width of a report, unless a word is longer.
const WIDTH: usize = 80;

/// The beginnings of our own lines, which no continuation line may have.
const OURS: [&str; 7] = [
    "fix:", "check:", "hint:", "or:", "then:", "error:", "warning:",
];

/// One line of the report.
pub fn line(content: &str, text: &mut String) {
    text.push_str(in_one_line(content).trim_end());
    text.push('\n');
}

/// Writes a line with a key and its value; an empty key continues the entry above.
pub fn entry(key: &str, value: &str, text: &mut String) {
    line(&format!("{}{value}", margin(key)), text);
}

/// Writes the same in as many lines as needed. Words are never broken, because they may be pasted, and none of them
/// begins a line like one of ours.
pub fn wrapped(key: &str, content: &str, text: &mut String) {
    let margin = margin(key);
    let blank = margin.width();
    broken(margin, blank, content, text);
}

/// Writes a line at the margin in as many lines as needed, the others below it.
pub fn wrapped_line(content: &str, text: &mut String) {
    broken(String::new(), 2, content, text);
}

/// Writes `content` behind `row`, and what does not fit there below it, after `blank` spaces.
fn broken(mut row: String, blank: usize, content: &str, text: &mut String) {
    let mut is_bare = true;
    for word in in_one_line(content).split_ascii_whitespace() {
        let blank_between = usize::from(!is_bare);
        let fits_below = !OURS.contains(&word);
        if !is_bare && fits_below && row.width() + blank_between + word.width() > WIDTH {
            line(&row, text);
            row = " ".repeat(blank);
            is_bare = true;
        }
        if !is_bare {
            row.push(' ');
        }
        row.push_str(word);
        is_bare = false;
    }
    line(&row, text);
}

/// Writes a finding with its fix, or with what shows more about it. Findings that every healthy mesh has are written only if the report is `wide`.
pub fn finding(finding: &Finding, wide: bool, text: &mut String) {
    if finding.severity == Severity::Info && !wide {
        return;
    }
    let message = format!("{}: {}", finding.id, finding.message);
    wrapped(finding.severity.word(), &message, text);
    if let Some(fix) = &finding.fix {
        let heading = match fix {
            Remedy::Check(_) => "check",
            Remedy::Command(_) | Remedy::Step(_) | Remedy::Then(_) => "fix",
        };
        entry("", &format!("{heading}: {fix}"), text);
    }
}

/// Returns a count with its noun: `1 cluster`, `2 clusters`.
pub fn counted(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

/// Returns an age as kubectl shows it: at most the two largest units.
pub fn age(seconds: i64) -> String {
    let length = SignedDuration::from_secs(seconds.max(0));
    let (days, hours, minutes) = (
        length.as_hours() / 24,
        length.as_hours(),
        length.as_secs() / 60,
    );
    match () {
        () if minutes < 2 => format!("{}s", length.as_secs()),
        () if hours < 3 => format!("{minutes}m"),
        () if days < 2 => format!("{hours}h"),
        () => format!("{days}d"),
    }
}

fn margin(key: &str) -> String {
    format!("  {key:<9} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_on_below_and_are_never_broken() {
        let mut text = String::new();
        let command = "x".repeat(90);
        wrapped(
            "error",
            &format!("{} {command} end", "word ".repeat(14).trim()),
            &mut text,
        );
        let rows: Vec<&str> = text.lines().collect();
        let words = |count| "word ".repeat(count).trim().to_owned();
        assert_eq!(rows[0], format!("  error     {}", words(13)));
        assert_eq!(rows[1], format!("            {}", words(1)));
        assert_eq!(rows[2], format!("            {command}"));
        assert_eq!(rows[3], "            end");
    }

    #[test]
    fn no_line_of_a_text_begins_as_a_fix_does() {
        let mut text = String::new();
        let blanks = "x ".repeat(34);
        wrapped(
            "error",
            &format!("{blanks}   fix:  reboot hint: y"),
            &mut text,
        );
        let rows: Vec<&str> = text.lines().map(str::trim_start).collect();
        assert_eq!(rows[1], "reboot hint: y");
        assert!(rows[0].ends_with("x fix:"), "{text}");
    }

    #[test]
    fn a_report_is_as_wide_as_it_may_be() {
        for (length, rows) in [(68, 1), (69, 2)] {
            let mut text = String::new();
            wrapped("info", &format!("a {}", "b".repeat(length - 2)), &mut text);
            assert_eq!(text.lines().count(), rows, "{length}");
        }
    }

    #[test]
    fn nothing_of_a_cluster_passes_for_a_line_of_ours() {
        let mut text = String::new();
        entry("cluster", "a\n2 clusters: no drift", &mut text);
        assert_eq!(text, "  cluster   a 2 clusters: no drift\n");
    }
}
