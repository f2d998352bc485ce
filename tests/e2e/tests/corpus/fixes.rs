//! Each command that is printed as a fix is pasted into a shell beside the mesh that it was printed for: the finding is gone
//! afterwards, and nothing new is found.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET, MESH_VERIFY, part};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::corpus::{Case, Loaded, case_files};
use mesh_testkit::parts::{Part, plugin};
use serde_json::Value;

/// The fixes after which an embedded cluster has the finding still, with the reason.
const NOT_HERE: [(&str, &str); 2] = [("probe-15012", LISTENERS), ("probe-15017", LISTENERS)];

const LISTENERS: &str =
    "what listens at the address is an Envoy, which tests/e2e/tests/data_path has";

/// A finding of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    id: String,
    cluster: String,
    peer: String,
    object: Value,
    counts: bool,
    fix: Option<String>,
}

impl Found {
    fn is(&self, other: &Self) -> bool {
        (&self.id, &self.cluster, &self.peer, &self.object)
            == (&other.id, &other.cluster, &other.peer, &other.object)
    }
}

/// Returns the findings of the verification that no other finding explains.
fn verified(loaded: &Loaded, case: &Case) -> Vec<Found> {
    let line = format!("{} -o json", case.arguments(&loaded.contexts()));
    let output = loaded.run(plugin(MESH_VERIFY).unwrap(), &line).output();
    let report: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
    let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
    let found = |one: &Value| Found {
        id: text(one, "id"),
        cluster: text(one, "cluster"),
        peer: text(one, "peer"),
        object: one["object"].clone(),
        counts: one["severity"] != "info",
        fix: (one["fixKind"] == "command").then(|| text(one, "fix")),
    };
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(found).collect()
}

/// Pastes a line into a shell that finds kubectl and the plugins, and says yes to what is asked.
fn paste(loaded: &Loaded, line: &str) -> Output {
    let plugins = [MESH_SECRET, MESH_LABEL, MESH_EASTWEST].map(|name| plugin(name).unwrap());
    let kubectl = part(Part::Kubectl);
    let programs = plugins.iter().chain([&kubectl]);
    let run = loaded.run("/bin/bash", "-o pipefail -c").args([line]);
    let folders = programs.filter_map(|program| program.parent());
    let run = folders.fold(run, Run::path_dir).record();
    if !line.contains("mesh-secret delete") {
        return run.output();
    }
    let running = run.at_terminal().spawn();
    running.wait_for_stderr("? [y/N]");
    running.type_in("y\n");
    running.wait()
}

/// Follows the fix of one finding of a case, and returns what is wrong afterwards.
fn follow(case: &Case, number: usize) -> Result<(), String> {
    let loaded = Loaded::new(case);
    let before = verified(&loaded, case);
    let finding = &before[number];
    let fix = finding.fix.as_deref().unwrap();
    let output = paste(&loaded, fix);
    if !output.success() {
        return Err(format!("{fix} fails: {}", output.golden()));
    }
    loaded.settle();
    let after = verified(&loaded, case);
    if after.iter().any(|one| one.is(finding)) {
        return Err(format!("{} is still there after {fix}", finding.id));
    }
    let is_new = |one: &&Found| one.counts && !before.iter().any(|old| old.is(one));
    let new: Vec<&Found> = after.iter().filter(is_new).collect();
    if new.is_empty() {
        Ok(())
    } else {
        Err(format!("after {fix} there is {new:#?}"))
    }
}

/// Follows all fixes of a case, and notes what is wrong; returns the checks whose fixes were printed.
fn follow_all(file: &Path, wrong: &Mutex<Vec<String>>) -> Vec<String> {
    let case = Case::read(file);
    let found = verified(&Loaded::new(&case), &case);
    let mut followed = BTreeSet::new();
    let mut printed = Vec::new();
    for (number, finding) in found.iter().enumerate() {
        let is_new = finding.fix.is_some() && followed.insert(&finding.fix);
        if !is_new {
            continue;
        }
        printed.push(finding.id.clone());
        if NOT_HERE.iter().any(|(id, _)| *id == finding.id) {
            continue;
        }
        if let Err(why) = follow(&case, number) {
            let name = file.file_stem().unwrap().to_string_lossy();
            let mut wrong = wrong.lock().unwrap();
            wrong.push(format!("{name}: {}: {why}", finding.id));
        }
    }
    printed
}

#[test]
fn each_fix_of_the_corpus_repairs_what_it_is_printed_for() {
    let files = Mutex::new(case_files().into_iter());
    let next = || files.lock().unwrap().next();
    let wrong = Mutex::default();
    let printed: Mutex<Vec<String>> = Mutex::default();
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = next() {
                    let of_case = follow_all(&file, &wrong);
                    printed.lock().unwrap().extend(of_case);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let printed = printed.into_inner().unwrap();
    assert!(printed.len() >= 30, "only {} fixes", printed.len());
    for (id, reason) in NOT_HERE {
        assert!(
            printed.iter().any(|one| one == id),
            "{id} has none: {reason}?"
        );
    }
}
