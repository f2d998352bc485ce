//! The findings of a report of the verification, as cases have them.

use std::fmt::Write as _;

use serde_json::Value;

/// A finding: its check, severity, and place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The id of the check.
    pub id: String,
    /// Its severity.
    pub severity: String,
    /// The context of the cluster.
    pub cluster: String,
    /// The context of the other cluster that it concerns.
    pub peer: String,
}

impl Found {
    /// Reads a finding of a report in JSON.
    pub fn of(finding: &Value) -> Self {
        let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("id"),
            severity: text("severity"),
            cluster: text("cluster"),
            peer: text("peer"),
        }
    }

    fn line(&self) -> String {
        let peer = if self.peer.is_empty() {
            String::new()
        } else {
            format!(" -> {}", self.peer)
        };
        format!("{} {} {}{peer}", self.severity, self.id, self.cluster)
    }
}

/// Returns the findings of a report: a line for each, those that it explains below it, and a line for the checks that were skipped in
/// each cluster; `none` if there are no lines.
pub fn findings(report: &Value) -> String {
    let entries = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    for finding in entries(&report["findings"]) {
        let _ = writeln!(text, "{}", Found::of(&finding).line());
        for effect in entries(&finding["follows"]) {
            let _ = writeln!(text, "  {}", Found::of(&effect).line());
        }
    }
    let mut skipped: Vec<(String, Vec<String>)> = Vec::new();
    for one in entries(&report["skipped"]) {
        let [context, id] = ["context", "check"].map(|field| one[field].as_str());
        let (context, id) = (context.unwrap_or_default(), id.unwrap_or_default());
        match skipped.last_mut() {
            Some((last, missed)) if last == context => missed.push(id.to_owned()),
            Some(_) | None => skipped.push((context.to_owned(), vec![id.to_owned()])),
        }
    }
    for (context, missed) in skipped {
        let _ = writeln!(text, "skipped in {context}: {}", missed.join(", "));
    }
    if text.is_empty() {
        "none\n".to_owned()
    } else {
        text
    }
}
