//! `status` for people: the table, then the findings about each gateway, then the sum.

use mesh_common::model::eastwest::{
    ClusterStatus, EastWestStatus, GatewayStatus, Outcome, Verdict,
};
use mesh_common::model::finding::{Finding, Severity};
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{counted, finding, line, wrapped};

use serde::Serialize;

use super::report_columns::table;

/// The status as it is shown.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown<'a>(pub &'a EastWestStatus);

impl Report for Shown<'_> {
    fn to_text(&self, style: Style) -> String {
        let Self(status) = self;
        let wide = style.wide;
        let mut text = table(status, style).to_text();
        for item in &status.items {
            for one in &item.gateways {
                write_gateway(one, &item.context, wide, &mut text);
            }
            write_cluster(item, wide, &mut text);
        }
        write_unreached(status, &mut text);
        text.push('\n');
        line(&sum(status), &mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        let gateways = self.0.items.iter().flat_map(|item| &item.gateways);
        gateways.map(|one| one.gateway.object.clone()).collect()
    }
}

/// Writes the clusters that could not be read.
pub(crate) fn write_unreached(status: &EastWestStatus, text: &mut String) {
    for lost in &status.unreached {
        text.push('\n');
        line(&format!("context {}", lost.context), text);
        wrapped("not read", &lost.reason, text);
    }
}

/// Returns the last line: `2 clusters, 2 gateways: 1 error`.
fn sum(status: &EastWestStatus) -> String {
    let gateways = status.items.iter().map(|item| item.gateways.len()).sum();
    let count = |severity| {
        status
            .findings()
            .filter(|one| one.severity == severity)
            .count()
    };
    let found = [(Severity::Error, "error"), (Severity::Warning, "warning")];
    let found: Vec<String> = found
        .into_iter()
        .map(|(severity, word)| (count(severity), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    let gaps = status.items.iter().any(has_gaps);
    let verdict = match (found.is_empty(), gaps) {
        (false, _) => found.join(", "),
        (true, true) => "no errors or warnings in what could be checked".to_owned(),
        (true, false) => "no errors or warnings".to_owned(),
    };
    let clusters = counted(status.items.len(), "cluster");
    format!("{clusters}, {}: {verdict}", counted(gateways, "gateway"))
}

fn has_gaps(item: &ClusterStatus) -> bool {
    let mut gateways = item.gateways.iter();
    !item.skipped.is_empty()
        || gateways.any(|one| one.probes.is_empty() || one.probes.iter().any(is_skipped))
}

/// Writes the findings about the cluster as a whole.
pub(crate) fn write_cluster(item: &ClusterStatus, wide: bool, text: &mut String) {
    if !says(&item.findings, wide) && item.skipped.is_empty() {
        return;
    }
    text.push('\n');
    line(&format!("context {}", item.context), text);
    for one in &item.findings {
        finding(one, wide, text);
    }
    for one in &item.skipped {
        wrapped("skipped", &format!("{}: {}", one.what, one.reason), text);
    }
}

/// Writes the findings about the gateway.
pub(crate) fn write_gateway(item: &GatewayStatus, context: &str, wide: bool, text: &mut String) {
    // A gateway without an address has a finding about that already.
    let told = |verdict: &&Verdict| is_skipped(verdict) && verdict.address.is_some();
    let mut skipped: Vec<String> = item
        .probes
        .iter()
        .filter(told)
        .map(|verdict| format!("{}: {}", verdict.check.id(), verdict.detail))
        .collect();
    skipped.dedup();
    if !says(&item.findings, wide) && skipped.is_empty() && !wide {
        return;
    }
    text.push('\n');
    line(&format!("{context}: {}", item.gateway.described()), text);
    for one in &item.findings {
        finding(one, wide, text);
    }
    for one in skipped {
        wrapped("skipped", &one, text);
    }
    let passed = item
        .probes
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Passed);
    for verdict in passed.filter(|_| wide) {
        wrapped(
            "passed",
            &format!("{}: {}", verdict.check.id(), verdict.detail),
            text,
        );
    }
}

fn is_skipped(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Skipped
}

fn says(findings: &[Finding], wide: bool) -> bool {
    findings
        .iter()
        .any(|one| wide || one.severity > Severity::Info)
}
