//! The verification for people: the clusters, then each finding with its fix and what follows from it, then the verdict.

use mesh_common::model::finding::{Finding, Severity};
use mesh_common::model::report::SkippedCheck;
use mesh_common::model::verify::{IgnoredFinding, MeshVerification, RootCauseReport};
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{counted, entry, wrapped};
use mesh_common::terminal::verdict::{Verdict, severities};
use serde::Serialize;

use crate::report_matrix::matrix;

/// The verification as it is shown.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown<'a>(pub &'a MeshVerification);

impl Report for Shown<'_> {
    fn to_text(&self, style: Style) -> String {
        let Self(verification) = self;
        let mut text = matrix(verification, style);
        let told = |one: &&RootCauseReport| style.wide || one.finding.severity > Severity::Info;
        for cause in verification.findings.iter().filter(told) {
            text.push('\n');
            write_cause(cause, style.wide, &mut text);
        }
        for ignored in verification.ignored.iter().filter(|_| style.wide) {
            text.push('\n');
            write_ignored(ignored, &mut text);
        }
        write_checks("skipped", &verification.skipped, style.wide, &mut text);
        write_checks("partial", &verification.partial, style.wide, &mut text);
        text.push('\n');
        write_verdict(verification, &mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        let findings = self.0.findings.iter();
        let objects = findings.filter_map(|one| one.finding.details()?.object.as_ref());
        objects.map(ToString::to_string).collect()
    }
}

/// Writes checks that were skipped or saw a part only, one line for each cluster and reason.
fn write_checks(word: &str, checks: &[SkippedCheck], wide: bool, text: &mut String) {
    let mut together: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for one in checks {
        let is_same = |known: &&mut (&str, &str, Vec<&str>)| {
            (known.0, known.1) == (one.context.as_str(), one.reason.as_str())
        };
        match together.iter_mut().find(is_same) {
            Some((_, _, checks)) => checks.push(one.check.as_str()),
            None => together.push((&one.context, &one.reason, vec![one.check.as_str()])),
        }
    }
    for (number, (context, reason, checks)) in together.iter().enumerate() {
        if number == 0 {
            text.push('\n');
        }
        let checks = if wide {
            checks.join(", ")
        } else {
            counted(checks.len(), "check")
        };
        wrapped(word, &format!("{context}: {checks}: {reason}"), text);
    }
}

fn write_ignored(ignored: &IgnoredFinding, text: &mut String) {
    let finding = &ignored.finding;
    let head = format!("{}  {}", finding.id, place(finding));
    entry("ignored", head.trim_end(), text);
    wrapped("", &finding.message, text);
    let by = &ignored.ignored_by;
    let namespace = by
        .namespace
        .as_deref()
        .map(|space| format!(" in namespace {space}"));
    let by = format!("by an annotation of {by}{}", namespace.unwrap_or_default());
    let because = Some(ignored.reason.as_str()).filter(|reason| !reason.is_empty());
    let because = because.map_or_else(String::new, |reason| format!(": {reason}"));
    wrapped("", &format!("{by}{because}"), text);
}

fn write_cause(cause: &RootCauseReport, wide: bool, text: &mut String) {
    let finding = &cause.finding;
    let head = format!("{}  {}", finding.id, place(finding));
    entry(finding.severity.word(), head.trim_end(), text);
    wrapped("", &finding.message, text);
    if let Some(why) = finding.why().filter(|_| wide) {
        wrapped("", &format!("why: {why}"), text);
    }
    let evidence = finding.details().into_iter().flat_map(|one| &one.evidence);
    for seen in evidence.filter(|_| wide) {
        wrapped("", &format!("seen: {seen}"), text);
    }
    if let Some(fix) = &finding.fix {
        entry("", &format!("fix: {fix}"), text);
    }
    let mut follows: Vec<String> = cause
        .follows
        .iter()
        .map(|one| match (&one.cluster, wide) {
            (Some(cluster), true) => format!("{} in {cluster}", one.id),
            (Some(_), false) | (None, _) => one.id.to_string(),
        })
        .collect();
    follows.dedup();
    if !follows.is_empty() {
        wrapped("", &format!("follows: {}", follows.join(", ")), text);
    }
}

/// Returns the clusters that a finding concerns: `west -> east` if west has the problem with east.
pub(crate) fn place(finding: &Finding) -> String {
    let Some(place) = finding.details() else {
        return String::new();
    };
    match (&place.cluster, &place.peer) {
        (Some(cluster), Some(peer)) => format!("{cluster} -> {peer}"),
        (Some(cluster), None) => cluster.clone(),
        (None, _) => String::new(),
    }
}

/// Writes the last line: `3 clusters: 1 error, no warnings, 2 notes; 214 checks passed; 6 checks were skipped`.
pub(crate) fn write_verdict(verification: &MeshVerification, text: &mut String) {
    let severities = severities(verification.findings.iter().map(|one| one.finding.severity));
    let counts = verification.counts;
    let passed = format!("{} passed", counted(counts.passed, "check"));
    let skipped = match counts.skipped {
        0 => None,
        1 => Some("1 check was skipped".to_owned()),
        more => Some(format!("{more} checks were skipped")),
    };
    let ignored = Some(counts.ignored).filter(|count| *count > 0);
    let ignored = ignored.map(|count| format!("{count} ignored"));
    Verdict {
        read: Some(
            verification
                .clusters
                .iter()
                .filter(|one| one.reached)
                .count(),
        ),
        unreached: &verification.unreached,
        counts: Vec::new(),
        conclusion: severities,
        gaps: [passed].into_iter().chain(skipped).chain(ignored).collect(),
    }
    .write(text);
}
