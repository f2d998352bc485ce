//! `-o short`: one line for each finding, and the verdict.

use mesh_common::model::finding::Severity;
use mesh_common::model::verify::{MeshVerification, RootCauseReport};
use mesh_common::terminal::report_text::line;

use crate::report_lines::{place, write_verdict};

/// Returns the lines: `E secret-token-invalid west->east: MESSAGE | FIX`.
pub(crate) fn short(verification: &MeshVerification) -> String {
    let mut text = String::new();
    for cause in &verification.findings {
        line(&of(cause), &mut text);
    }
    write_verdict(verification, &mut text);
    text
}

fn of(cause: &RootCauseReport) -> String {
    let finding = &cause.finding;
    let letter = match finding.severity {
        Severity::Error => 'E',
        Severity::Warning => 'W',
        Severity::Info => 'I',
    };
    let place = place(finding).replace(" -> ", "->");
    let fix = finding.fix.as_ref();
    let fix = fix.map_or_else(String::new, |fix| format!(" | {fix}"));
    format!("{letter} {} {place}: {}{fix}", finding.id, finding.message)
}
