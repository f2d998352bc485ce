//! `status` for people: the table, then what is to be said of each gateway, then how it all is.

use mesh_common::model::eastwest::{Outcome, Verdict};
use mesh_common::model::finding::{Finding, Severity};
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{counted, finding, line, wrapped};

use super::report::{ClusterStatus, GatewayStatus, Status};
use super::report_columns::table;

impl Report for Status {
    fn to_text(&self, style: Style) -> String {
        let wide = style.wide;
        let mut text = table(self, style).to_text();
        for item in &self.items {
            for one in &item.gateways {
                one.write(&item.context, wide, &mut text);
            }
            item.write(wide, &mut text);
        }
        self.write_unreached(&mut text);
        text.push('\n');
        line(&self.sum(), &mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        let gateways = self.items.iter().flat_map(|item| &item.gateways);
        gateways.map(|one| one.gateway.object.clone()).collect()
    }
}

impl Status {
    /// The clusters that could not be read.
    pub(crate) fn write_unreached(&self, text: &mut String) {
        for lost in &self.unreached {
            text.push('\n');
            line(&format!("context {}", lost.context), text);
            wrapped("not read", &lost.reason, text);
        }
    }

    /// `2 clusters, 2 gateways: 1 error`.
    fn sum(&self) -> String {
        let gateways = self.items.iter().map(|item| item.gateways.len()).sum();
        let count = |severity| {
            self.findings()
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
        let gaps = self.items.iter().any(ClusterStatus::has_gaps);
        let verdict = match (found.is_empty(), gaps) {
            (false, _) => found.join(", "),
            (true, true) => "nothing wrong in what could be tried".to_owned(),
            (true, false) => "nothing wrong".to_owned(),
        };
        let clusters = counted(self.items.len(), "cluster");
        format!("{clusters}, {}: {verdict}", counted(gateways, "gateway"))
    }
}

impl ClusterStatus {
    fn has_gaps(&self) -> bool {
        let mut gateways = self.gateways.iter();
        !self.skipped.is_empty()
            || gateways.any(|one| one.probes.is_empty() || one.probes.iter().any(is_skipped))
    }

    /// What is to be said of the cluster as a whole.
    pub(crate) fn write(&self, wide: bool, text: &mut String) {
        if !says(&self.findings, wide) && self.skipped.is_empty() {
            return;
        }
        text.push('\n');
        line(&format!("context {}", self.context), text);
        for one in &self.findings {
            finding(one, wide, text);
        }
        for one in &self.skipped {
            wrapped("skipped", &format!("{}: {}", one.what, one.reason), text);
        }
    }
}

impl GatewayStatus {
    /// What is to be said of the gateway.
    pub(crate) fn write(&self, context: &str, wide: bool, text: &mut String) {
        // What every check of a gateway without an address has in common is a finding already.
        let told = |verdict: &&Verdict| is_skipped(verdict) && verdict.address.is_some();
        let mut skipped: Vec<String> = self
            .probes
            .iter()
            .filter(told)
            .map(|verdict| format!("{}: {}", verdict.check.id(), verdict.detail))
            .collect();
        skipped.dedup();
        if !says(&self.findings, wide) && skipped.is_empty() && !wide {
            return;
        }
        text.push('\n');
        line(&format!("{context}: {}", self.gateway.described()), text);
        for one in &self.findings {
            finding(one, wide, text);
        }
        for one in skipped {
            wrapped("skipped", &one, text);
        }
        let passed = self
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
}

fn is_skipped(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Skipped
}

fn says(findings: &[Finding], wide: bool) -> bool {
    findings
        .iter()
        .any(|one| wide || one.severity > Severity::Info)
}
