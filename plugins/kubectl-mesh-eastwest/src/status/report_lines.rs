//! `status` for people: the table, then the findings about each gateway, then the sum.

use mesh_common::model::eastwest::{
    ClusterStatus, EastWestStatus, GatewayStatus, Outcome, Verdict,
};
use mesh_common::model::finding::{Finding, Severity};
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{counted, finding, line, wrapped};
use mesh_common::terminal::verdict;

use serde::Serialize;

use super::report_columns::table;

/// The status as it is shown.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown<'a> {
    pub status: &'a EastWestStatus,
    /// True if the ports of the gateways were to be asked.
    #[serde(skip)]
    pub probes: bool,
}

impl Report for Shown<'_> {
    fn to_text(&self, style: Style) -> String {
        let status = self.status;
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
        self.verdict().write(&mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        names(self.status)
    }
}

impl Shown<'_> {
    fn verdict(&self) -> verdict::Verdict<'_> {
        let status = self.status;
        let mut gaps = Vec::new();
        if status.items.iter().any(|item| !item.skipped.is_empty()) {
            gaps.push("some checks were skipped".to_owned());
        }
        let mut probes = gateways(status).flat_map(|one| &one.probes);
        if !self.probes {
            gaps.push("probes were skipped".to_owned());
        } else if probes.any(is_skipped) {
            gaps.push("some probes were skipped".to_owned());
        }
        verdict::Verdict {
            conclusion: verdict::severities(status.findings().map(|found| found.severity)),
            gaps,
            ..read(status)
        }
    }
}

/// Returns the verdict without its conclusion: how many clusters were read, and how many gateways they have.
pub(crate) fn read(status: &EastWestStatus) -> verdict::Verdict<'_> {
    verdict::Verdict {
        read: Some(status.items.len()),
        unreached: &status.unreached,
        counts: vec![counted(gateways(status).count(), "gateway")],
        ..verdict::Verdict::default()
    }
}

/// Returns the names of the gateways, for `-o name`.
pub(crate) fn names(status: &EastWestStatus) -> Vec<String> {
    gateways(status)
        .map(|one| one.gateway.object.clone())
        .collect()
}

fn gateways(status: &EastWestStatus) -> impl Iterator<Item = &GatewayStatus> {
    status.items.iter().flat_map(|item| &item.gateways)
}

/// Writes the clusters that could not be read.
pub(crate) fn write_unreached(status: &EastWestStatus, text: &mut String) {
    for lost in &status.unreached {
        text.push('\n');
        line(&format!("context {}", lost.context), text);
        wrapped("not read", &lost.reason, text);
    }
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
