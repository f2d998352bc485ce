//! The answer to kubectl: one line for each candidate, and the shell's next step.

use std::ffi::OsString;

use super::names::{Name, names};
use super::question::{Kind, Question};
use crate::Environment;

/// The first argument with which the helper calls the plugin; cobra's word.
pub(crate) const ASKED: &str = "__complete";

/// Returns the answer for `command`: each candidate in a line, its help behind a tab; the last line is cobra's
/// directive, which tells the shell whether to complete file names.
pub(crate) async fn answer(
    command: &clap::Command,
    words: &[OsString],
    environment: &Environment,
) -> String {
    let question = Question::of(command, words);
    let agent = command.get_bin_name().unwrap_or_default().replace(' ', "-");
    let agent = format!("{agent}/{}", env!("CARGO_PKG_VERSION"));
    let found = match question.kind {
        None | Some(Kind::File) => Vec::new(),
        Some(kind) => names(kind, &question.place, environment, &agent).await,
    };
    let taken: Vec<&str> = question.before.split(',').collect();
    let fitting = found
        .into_iter()
        .filter(|(name, _)| name.starts_with(&question.begun) && !taken.contains(&name.as_str()));
    let fitting = fitting
        .filter(|(name, _)| is_harmless(name))
        .map(|(name, help)| {
            // The description of a name may contain names from the cluster too.
            let help = help.filter(|help| is_harmless(help));
            (format!("{}{name}", question.before), help)
        });
    let known = question.known.iter().cloned();
    let lines: String = known
        .chain(fitting)
        .map(|candidate| line(&candidate))
        .collect();
    let directive = if question.kind == Some(Kind::File) {
        0
    } else {
        4
    };
    format!("{lines}:{directive}\n")
}

/// Returns whether no shell interprets the name as anything but text: older shells expand completion results.
fn is_harmless(name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || " -_.:/@+=,#~".contains(c);
    !name.starts_with('-') && name.chars().all(is_word)
}

fn line((value, help): &Name) -> String {
    let help = help.as_deref().and_then(|help| help.lines().next());
    match help.filter(|help| !help.is_empty()) {
        Some(help) => format!("{value}\t{help}\n"),
        None => format!("{value}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_harmless;

    #[test]
    fn names_that_a_shell_would_run_are_not_offered() {
        for good in [
            "west",
            "arn:aws:eks:eu-1:12:cluster/a",
            "default/api-x:6443/kube:admin",
            "my mesh",
        ] {
            assert!(is_harmless(good), "{good}");
        }
        for bad in [
            "$(touch x)",
            "`touch x`",
            "a;b",
            "a|b",
            "a&b",
            "<(x)",
            "a\nb",
            "-o",
            "--token",
            "a\u{202e}b",
            "a\tb",
            "'",
            "\"",
            "a\\",
        ] {
            assert!(!is_harmless(bad), "{bad:?}");
        }
    }
}
