//! The fixes and hints in what a plugin said, and what has to hold of each of them however hostile the names in it are.

use serde_json::Value;

use super::payloads::CANARY;
use super::stage::{Call, PROGRAMS, Stage};
use crate::command::Output;

/// The kind of a printed fix or hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It can be pasted: it repairs something, or only reads.
    Command,
    /// Words for a person.
    Step,
}

/// One printed fix or hint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Printed {
    /// By JSON's word where it says one, else by its first word.
    pub kind: Kind,
    /// As it stands.
    pub text: String,
}

/// The fixes and hints in a run's output: lines that begin so, and what JSON calls `fix`.
pub fn printed(output: &Output) -> Vec<Printed> {
    let mut all = Vec::new();
    match serde_json::from_str::<Value>(&output.stdout) {
        Ok(report) => collect(&report, &mut all),
        Err(_) => all.extend(of_lines(&output.stdout)),
    }
    all.extend(of_lines(&output.stderr));
    all.sort();
    all.dedup();
    all
}

fn of_lines(text: &str) -> impl Iterator<Item = Printed> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let text = ["fix: ", "check: ", "hint: ", "or: ", "then: "]
            .iter()
            .find_map(|start| line.strip_prefix(start))?;
        let first = text.split(' ').next().unwrap_or_default();
        let is_command = PROGRAMS.contains(&first) || first == "export";
        Some(Printed {
            kind: if is_command {
                Kind::Command
            } else {
                Kind::Step
            },
            text: text.to_owned(),
        })
    })
}

fn collect(report: &Value, all: &mut Vec<Printed>) {
    match report {
        Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Value::Object(fields) => {
            if let Some(fix) = fields.get("fix").and_then(Value::as_str) {
                let kind = match fields.get("fixKind").and_then(Value::as_str) {
                    Some("command" | "check") => Kind::Command,
                    Some("step") => Kind::Step,
                    other => panic!("fix {fix:?} is of kind {other:?}"),
                };
                let text = fix.to_owned();
                all.push(Printed { kind, text });
            }
            fields.values().for_each(|field| collect(field, all));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Those that can be pasted.
pub fn commands(printed: &[Printed]) -> Vec<String> {
    let commands = printed.iter().filter(|one| one.kind == Kind::Command);
    commands.map(|one| one.text.clone()).collect()
}

/// Pastes everything that a run printed, where these names are anybody's: nothing runs but the programs that a command is to
/// run, each name is one word or the end of one, none of them is a flag of its own, and no line of the output is theirs. Returns
/// what the commands run.
///
/// # Panics
/// Where that is not so.
pub fn check(stage: &Stage, output: &Output, names: &[&str]) -> Vec<Call> {
    for line in output.stdout.lines().chain(output.stderr.lines()) {
        let line = line.trim_start();
        for start in ["hint: canary", "fix: canary", "error: canary"] {
            assert!(
                !line.starts_with(start),
                "a name is a line of ours:\n{}",
                output.golden()
            );
        }
    }
    let all = printed(output);
    let lines = commands(&all);
    let pasted = stage.paste(&lines);
    for (line, calls) in lines.iter().zip(&pasted) {
        is_harmless(line, calls, names);
    }
    for step in all.iter().filter(|one| one.kind == Kind::Step) {
        if step.text.contains(CANARY) {
            stage.mispaste(&step.text);
        }
    }
    pasted.into_iter().flatten().collect()
}

fn is_harmless(line: &str, calls: &[Call], names: &[&str]) {
    // What a shell runs by itself leaves no call.
    assert!(
        !calls.is_empty() || line.starts_with("export "),
        "nothing ran: {line}"
    );
    for call in calls {
        assert!(PROGRAMS.contains(&call[0].as_str()), "{line} runs {call:?}");
        for word in &call[1..] {
            let whole = names.iter().any(|name| is_in(name, word));
            assert!(
                whole || !word.contains(CANARY),
                "{line} has a part of a name: {word:?}"
            );
            let own_flag = names
                .iter()
                .find(|name| name.starts_with('-') && word.starts_with(**name));
            assert_eq!(own_flag, None, "{line} has a name for a flag: {word:?}");
        }
    }
}

/// Tells whether the word has the whole name, as it is or as Helm and JSON take it.
fn is_in(name: &str, word: &str) -> bool {
    let of_helm = name.replace('\\', r"\\").replace(',', r"\,");
    let json = Value::from(name).to_string();
    [name, &of_helm, json.trim_matches('"')]
        .iter()
        .any(|form| word.contains(form))
}
