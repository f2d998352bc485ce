//! A mesh of the corpus, wherever it is loaded.

use mesh_e2e::plugin::{self, MESH_VERIFY, paste};
use mesh_testkit::command::Run;
use mesh_testkit::corpus::{Case, Loaded, OnRealServers};
use mesh_testkit::parts;
use serde_json::Value;

/// A loaded case.
pub(crate) trait Mesh {
    fn contexts(&self) -> Vec<&str>;
    fn run(&self, program: &std::path::Path, line: &str) -> Run;
    /// Lets what would run beside the API servers react to a change.
    fn settle(&self);
    /// Flags for what the verification cannot read here.
    const FLAGS: &'static str;
}

impl Mesh for Loaded {
    const FLAGS: &'static str = "";

    fn contexts(&self) -> Vec<&str> {
        self.contexts()
    }

    fn run(&self, program: &std::path::Path, line: &str) -> Run {
        self.run(program, line)
    }

    fn settle(&self) {
        self.settle();
    }
}

/// Nothing runs beside these servers.
impl Mesh for OnRealServers<'_> {
    const FLAGS: &'static str = "--no-istiod";

    fn contexts(&self) -> Vec<&str> {
        self.contexts()
    }

    fn run(&self, program: &std::path::Path, line: &str) -> Run {
        self.run(program, line)
    }

    fn settle(&self) {}
}

/// A finding of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: String,
    cluster: String,
    peer: String,
    object: Value,
    counts: bool,
    pub(crate) fix: Option<String>,
}

impl Found {
    fn is(&self, other: &Self) -> bool {
        (&self.id, &self.cluster, &self.peer, &self.object)
            == (&other.id, &other.cluster, &other.peer, &other.object)
    }
}

/// Returns the report of the verification.
pub(crate) fn report<M: Mesh>(mesh: &M, case: &Case) -> Value {
    let line = format!("{} {} -o json", case.arguments(&mesh.contexts()), M::FLAGS);
    let output = mesh
        .run(&parts::plugin(MESH_VERIFY).unwrap(), &line)
        .output();
    plugin::report(&output)
}

/// Returns the findings of the verification that no other finding explains.
pub(crate) fn verified<M: Mesh>(mesh: &M, case: &Case) -> Vec<Found> {
    let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
    let found = |one: &Value| Found {
        id: text(one, "id"),
        cluster: text(one, "cluster"),
        peer: text(one, "peer"),
        object: one["object"].clone(),
        counts: one["severity"] != "info",
        fix: (one["fixKind"] == "command").then(|| text(one, "fix")),
    };
    let report = report(mesh, case);
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(found).collect()
}

/// Follows the fix of one of the findings, and verifies the mesh again.
///
/// # Errors
/// The fix fails, the finding is still there, or there is a new one.
pub(crate) fn follow<M: Mesh>(mesh: &M, case: &Case, number: usize) -> Result<(), String> {
    let before = verified(mesh, case);
    let finding = &before[number];
    let fix = finding.fix.as_deref().unwrap();
    let output = paste(mesh.run("/bin/bash".as_ref(), ""), fix);
    if !output.success() {
        return Err(format!("{fix} fails: {}", output.golden()));
    }
    mesh.settle();
    let after = verified(mesh, case);
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
