//! The answer to kubectl: a line for each candidate, and how the shell is to go on.

use std::ffi::OsString;

use super::names::{Name, names};
use super::question::{Kind, Question};
use crate::terminal::Environment;
use crate::terminal::streams::in_one_line;

/// The first argument with which the helper calls the plugin; cobra's word.
pub(in crate::terminal) const ASKED: &str = "__complete";

/// Answers for `command`: each candidate in a line, its help behind a tab; the last line is cobra's directive, by which the
/// shell completes files or does not.
pub(in crate::terminal) async fn answer(
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
    let fitting = fitting.map(|(name, help)| (format!("{}{name}", question.before), help));
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

fn line((value, help): &Name) -> String {
    let help = help.as_deref().and_then(|help| help.lines().next());
    match help.filter(|help| !help.is_empty()) {
        Some(help) => format!("{}\t{}\n", in_one_line(value), in_one_line(help)),
        None => format!("{}\n", in_one_line(value)),
    }
}
