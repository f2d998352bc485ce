//! Every read of a verb forbidden, of a kind that is missing, and failing, one at a time: what depended on it is skipped with
//! the reason, and nothing is passed over.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use snapbox::{Data, assert_data_eq};

use super::World;
use crate::command::Output;
use crate::embedded::{Cluster, Fault};

/// The command that is run.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// A command line that changes nothing.
    pub line: &'a str,
    /// It prints a report as JSON; otherwise it tells on stderr what it skips.
    pub is_report: bool,
}

/// Runs the command once as it is, and then once for each of its reads of `cluster` and each way in which that read can fail, and
/// compares what that came to with the file `golden`.
///
/// # Panics
/// Where something is passed over: the run says neither that something is skipped nor that the cluster is left out, a finding
/// is gone, or new, without anything being skipped, or the exit code is none of the contract.
pub fn each_read_alone<'w>(
    golden: &Path,
    world: &'w World,
    cluster: &'w Cluster,
    asked: Asked<'_>,
) {
    cluster.clear_faults();
    cluster.clear_recordings();
    let before = Told::of(world, asked, &world.run(asked.line).output());
    let reads: BTreeSet<(String, String)> = cluster
        .requests()
        .into_iter()
        .filter(|request| request.method == "GET")
        .map(|request| (request.path, request.user))
        .collect();
    assert!(!reads.is_empty(), "{} reads nothing", asked.line);
    let mut text = format!("$ {} [exit {}]\n", asked.line, before.code);
    for (read, user) in &reads {
        let mut rows: Vec<(String, String)> = Vec::new();
        for code in [403, 404, 500] {
            cluster.inject(Fault::exactly("GET", read).user(user).status(code));
            let output = world.run(asked.line).output();
            cluster.clear_faults();
            let told = Told::of(world, asked, &output);
            told.check(&before, &format!("{read} as {user} {code}"), &output);
            let row = told.beside(&before);
            match rows.last_mut() {
                Some((codes, last)) if *last == row => {
                    let _ = write!(codes, " {code}");
                }
                Some(_) | None => rows.push((code.to_string(), row)),
            }
        }
        let whose = if user == "admin" {
            String::new()
        } else {
            format!(" as {user}")
        };
        let _ = writeln!(text, "\nGET {}{whose}", world.steady(read));
        for (codes, row) in rows {
            let _ = writeln!(text, "  {codes}: {row}");
        }
    }
    assert_data_eq!(text, Data::read_from(golden, None));
}

/// The output of a run.
struct Told {
    code: i32,
    findings: BTreeSet<String>,
    skipped: BTreeSet<String>,
    /// The reason for which it went on without a cluster, or did nothing.
    lost: BTreeSet<String>,
}

impl Told {
    fn of(world: &World, asked: Asked<'_>, output: &Output) -> Self {
        let mut told = Self {
            code: output.code,
            findings: BTreeSet::new(),
            skipped: BTreeSet::new(),
            lost: BTreeSet::new(),
        };
        for line in output.stderr.lines() {
            let line = world.steady(line);
            let skipped = line.strip_prefix("warning: skipped ");
            if let Some((what, _)) = skipped.and_then(|line| line.split_once(": ")) {
                told.skipped.insert(what.to_owned());
            } else if line.starts_with("error: ") || line.starts_with("warning: ") {
                let sentence = line.split(": ").take(2).collect::<Vec<_>>().join(": ");
                told.lost.insert(sentence);
            }
        }
        if asked.is_report && !output.stdout.is_empty() {
            let report: Value = serde_json::from_str(&output.stdout)
                .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
            told.collect("", &report);
        }
        told
    }

    fn collect(&mut self, key: &str, value: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match value {
            Value::Array(items) => {
                for item in items {
                    if key == "skipped" {
                        let names = ["check", "part", "what"].map(|name| text(&item[name]));
                        self.skipped.insert(names.concat());
                    } else if key == "unreached" {
                        self.lost
                            .insert(format!("unreached: {}", text(&item["context"])));
                    } else {
                        self.collect(key, item);
                    }
                }
            }
            Value::Object(fields) => {
                if !fields.get("severity").is_none_or(Value::is_null) {
                    self.findings.insert(text(&value["id"]));
                }
                let outcomes = [&value["result"], &value["outcome"]].map(text);
                if outcomes.iter().any(|outcome| outcome == "skipped") {
                    self.skipped
                        .insert(format!("{key}{}", text(&value["check"])));
                }
                for (key, value) in fields {
                    self.collect(key, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn check(&self, before: &Self, place: &str, output: &Output) {
        let place = || format!("{place}\n{}", output.golden());
        assert!([0, 1, 2, 3, 4].contains(&self.code), "{}", place());
        let is_lost = self.lost.difference(&before.lost).next().is_some();
        let is_skipped = self.skipped.difference(&before.skipped).next().is_some();
        assert!(is_lost || is_skipped, "nothing is said of it: {}", place());
        assert!(
            (self.code == 2 || self.code == 3) == is_lost || before.code == self.code,
            "the exit code: {}",
            place()
        );
        if self.findings != before.findings {
            assert!(
                is_lost || is_skipped,
                "a finding is passed over: {}",
                place()
            );
        }
        if !is_lost {
            assert!(
                self.code == before.code || (before.code == 1 && self.code == 0),
                "the exit code: {}",
                place()
            );
        }
    }

    fn beside(&self, before: &Self) -> String {
        let mut parts = vec![format!("exit {}", self.code)];
        let new = |now: &BTreeSet<String>, then: &BTreeSet<String>| -> Vec<String> {
            now.difference(then).cloned().collect()
        };
        for (word, items) in [
            ("skipped", new(&self.skipped, &before.skipped)),
            ("finding gone", new(&before.findings, &self.findings)),
            ("finding new", new(&self.findings, &before.findings)),
            ("said", new(&self.lost, &before.lost)),
        ] {
            if !items.is_empty() {
                parts.push(format!("{word} {}", items.join(" | ")));
            }
        }
        parts.join("; ")
    }
}
