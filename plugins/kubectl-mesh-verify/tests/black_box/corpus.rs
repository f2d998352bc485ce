//! The corpus: every mesh of it has exactly the findings that its case has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use mesh_testkit::command::Run;
use mesh_testkit::corpus::{Case, Loaded, case_files, findings};
use serde_json::Value;
use snapbox::Data;

use crate::scene::PLUGIN;

/// Verifies the mesh of a case, and returns the case's file as it would have to be.
fn as_found(file: &Path) -> String {
    let case = Case::read(file);
    let loaded = Loaded::new(&case);
    let line = case.arguments(&loaded.contexts());
    let output = loaded.run(PLUGIN, &format!("{line} -o json")).output();
    let report: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", file.display(), output.golden()));
    let is_unread = !report["unreached"].is_null();
    let has_error = report["counts"]["error"] != 0;
    let code = if is_unread { 3 } else { i32::from(has_error) };
    assert_eq!(output.code, code, "{}: {}", file.display(), output.golden());

    let text = fs::read_to_string(file).unwrap();
    let (head, _) = text
        .split_once("\nfindings:")
        .unwrap_or_else(|| panic!("{} has no findings", file.display()));
    let found = findings(&report);
    if found == "none\n" {
        return format!("{head}\nfindings: {found}");
    }
    let lines = found.lines().map(|line| format!("  {line}\n"));
    format!("{head}\nfindings: |\n{}", lines.collect::<String>())
}

#[test]
fn every_case_of_the_corpus_has_the_findings_that_it_says() {
    let files = Mutex::new(case_files().into_iter());
    let next = || files.lock().unwrap().next();
    let wrong: Mutex<Vec<PathBuf>> = Mutex::default();
    let judge = || {
        while let Some(file) = next() {
            let is_right = thread::scope(|scope| {
                let one = || {
                    let expected = Data::read_from(&file, None);
                    snapbox::assert_data_eq!(as_found(&file), expected);
                };
                scope.spawn(one).join().is_ok()
            });
            if !is_right {
                wrong.lock().unwrap().push(file);
            }
        }
    };
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(judge);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "what was found is above: {wrong:#?}");
}

/// The checks that no case has as a cause, with the reason.
const NEVER_A_CAUSE: [(&str, &str); 1] = [(
    "ewg-address-stale",
    "a gateway that lost its address has a finding that explains it",
)];

#[test]
fn every_check_has_its_case() {
    let printed = Run::new(PLUGIN).args(["checks", "-o", "json"]).output();
    let checks: Value = serde_json::from_str(&printed.stdout).unwrap();
    let checks: BTreeSet<&str> = checks.as_array().unwrap().iter().map(id).collect();
    let corpus: Vec<Case> = case_files().iter().map(|file| Case::read(file)).collect();
    let mut causes = BTreeSet::new();
    let mut effects = BTreeSet::new();
    for line in corpus.iter().flat_map(|case| case.findings.lines()) {
        let Some(id) = line.split_whitespace().nth(1) else {
            continue;
        };
        let found = if line.starts_with(' ') {
            &mut effects
        } else {
            &mut causes
        };
        found.insert(id);
    }
    for (check, reason) in NEVER_A_CAUSE {
        assert!(!causes.contains(check), "{check} has a case: {reason}?");
        assert!(effects.contains(check), "no case has {check} at all");
        causes.insert(check);
    }
    let missing: Vec<&&str> = checks.difference(&causes).collect();
    assert!(
        missing.is_empty(),
        "no case of tests/corpus has {missing:?}"
    );
}

fn id(check: &Value) -> &str {
    check["id"].as_str().unwrap()
}

/// Healthy meshes are the half of the corpus that shows that there is no false alarm.
#[test]
fn no_healthy_case_has_anything_but_notes() {
    let mut count = 0;
    for file in case_files() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let case = Case::read(&file);
        let is_note = |line: &str| line.starts_with("info ") || line.starts_with("skipped ");
        let is_healthy = case.findings.trim() == "none" || case.findings.lines().all(is_note);
        if name.starts_with("healthy-") {
            count += 1;
            assert!(is_healthy, "{name}: {}", case.findings);
        }
        assert!(!case.title.is_empty(), "{name} has a title");
    }
    assert!(count >= 20, "{count}");
}
