//! Each command that is printed as a fix is pasted into a shell beside the mesh that it was printed for: the finding is gone
//! afterwards, and nothing new is found.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use mesh_testkit::corpus::{Case, Loaded, case_files};

use crate::mesh::{follow, verified};

/// The fixes after which an embedded cluster has the finding still, with the reason.
const NOT_HERE: [(&str, &str); 2] = [("probe-15012", LISTENERS), ("probe-15017", LISTENERS)];

const LISTENERS: &str =
    "what listens at the address is an Envoy, which tests/e2e/tests/data_path has";

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
        if let Err(why) = follow(&Loaded::new(&case), &case, number) {
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
