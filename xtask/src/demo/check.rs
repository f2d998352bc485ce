//! Holds a transcript in a document against a fresh run. What differs from run to run does not count: addresses, ports,
//! identifiers, fingerprints, dates, and the spaces that columns are filled with; nor does the number of checks, which grows.

use std::net::IpAddr;

use anyhow::{Result, ensure};

use super::show::Step;

const BEGIN: &str = "<!-- demo -->";
const END: &str = "<!-- /demo -->";

/// The commands between the markers and what the document says they say. A command line begins with `$ `; fences are
/// not output.
pub(super) fn told(document: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line.trim() {
            BEGIN => inside = true,
            END => inside = false,
            _ if !inside => (),
            fence if fence.starts_with("```") => (),
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    output: String::new(),
                }),
                (None, Some(step)) => {
                    step.output.push_str(line);
                    step.output.push('\n');
                }
                (None, None) => (),
            },
        }
    }
    ensure!(
        !steps.is_empty(),
        "there is no line that begins with `$ ` between {BEGIN} and {END}"
    );
    Ok(steps)
}

/// Returns what the document tells otherwise than the run, with what the run said. The document may leave out steps of the run.
pub(super) fn differences(told: &[Step], run: &[Step]) -> Vec<String> {
    told.iter()
        .filter_map(|told| {
            let said: Vec<&Step> = run
                .iter()
                .filter(|step| step.command == told.command)
                .collect();
            if said.is_empty() {
                return Some(format!("`{}` is not in the demonstration", told.command));
            }
            let same = |step: &&Step| lasting(&step.output) == lasting(&told.output);
            (!said.iter().any(same)).then(|| {
                let outputs: Vec<_> = said.iter().map(|step| step.output.as_str()).collect();
                format!(
                    "`{}` now says:\n{}",
                    told.command,
                    outputs.join("or, at another time:\n")
                )
            })
        })
        .collect()
}

/// The lines of a text but empty ones and comments, which may be the document's own, without what differs from run to run.
fn lasting(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let words: Vec<_> = line.split_whitespace().map(lasting_word).collect();
            without_checks(&words.join(" "))
        })
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .collect()
}

/// A line without the number of checks that passed.
fn without_checks(line: &str) -> String {
    match line.split_once(" checks passed") {
        Some((before, after)) => {
            let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
            format!("{before}~ checks passed{after}")
        }
        None => line.to_owned(),
    }
}

/// A word in which each run of letters, digits and what joins them that can only be a port, an identifier, a
/// fingerprint, a date or the beginning of a credential is replaced.
fn lasting_word(word: &str) -> String {
    if is_age(word) || is_fingerprint(word) || word.parse::<IpAddr>().is_ok() {
        return "~".to_owned();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut lasting = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        lasting.push_str(if after.starts_with('…') || is_volatile(part) {
            "~"
        } else {
            part
        });
        let mut others = after.chars();
        lasting.extend(others.next());
        rest = others.as_str();
    }
    lasting
}

/// `0s`, `12m`.
fn is_age(word: &str) -> bool {
    let number = word.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// `0f:1e:2d:3c:…`, at any length.
fn is_fingerprint(word: &str) -> bool {
    let pair = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let parts: Vec<&str> = word.trim_end_matches(['.', '…', ':']).split(':').collect();
    parts.len() >= 4 && parts.into_iter().all(pair)
}

fn is_volatile(part: &str) -> bool {
    let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let a_number = digits == part.len() && digits >= 4;
    let an_identifier = part.len() >= 16 && part.chars().all(hex) && digits > 0;
    let a_date = part.len() >= 10
        && part[..4].bytes().all(|b| b.is_ascii_digit())
        && part[4..].starts_with('-');
    a_number || an_identifier || a_date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(command: &str, output: &str) -> Step {
        Step {
            command: command.to_owned(),
            output: output.to_owned(),
        }
    }

    #[test]
    fn a_transcript_is_read_from_between_the_markers() {
        let document = "$ no\n<!-- demo -->\n```console\n# why\n$ a | b\nout\n\n  more\n# why not\n$ c\n```\n<!-- /demo -->\n$ no\n";
        assert_eq!(
            told(document).unwrap(),
            [step("a | b", "out\n\n  more\n# why not\n"), step("c", "")]
        );
        assert!(told("$ a").is_err());
    }

    #[test]
    fn what_differs_from_run_to_run_does_not_count() {
        let before = "server   https://127.0.0.1:40231  sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f0\nuid 8d3e1f5a-0000-4000-8000-1234567890ab\nsince 2026-11-20T10:00:00Z, token eyJhb…\nage 0s 0f:1e:2d:3c:...\neast 203.0.113.7 ok\n1 error; 175 checks passed\n";
        let after = "server https://127.0.0.1:9999 sha256:ffffffffffffffffffffffffffffffff1\n\nuid 11111111-2222-4000-8000-1234567890cd\nsince 2027-01-02T10:00:00Z, token eyJxy…\nage 12m ff:1e:2d:3c:...\neast 127.1.2.3 ok\n1 error; 98 checks passed\n";
        assert_eq!(
            differences(&[step("a", before)], &[step("a", after)]),
            [""; 0]
        );
    }

    #[test]
    fn what_lasts_counts() {
        let found = differences(
            &[step("a", "3 secrets"), step("b", "")],
            &[step("a", "2 secrets"), step("c", "")],
        );
        assert_eq!(
            found,
            [
                "`a` now says:\n2 secrets",
                "`b` is not in the demonstration"
            ]
        );
    }
}
