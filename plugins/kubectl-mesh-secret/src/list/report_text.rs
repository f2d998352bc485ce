//! The matrix for people: a row for each pair, what is wrong below, and a verdict as the last line.

use mesh_common::model::finding::Severity;
use mesh_common::model::secret::{MatrixCell, State};
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{age, counted, finding, line};
use mesh_common::terminal::table::Table;
use mesh_common::terminal::verdict::{Verdict, severities, skipped_checks};

use super::report::Matrix;

/// The least width of a terminal.
const WIDTH: usize = 80;
/// The columns with names, which may be long.
const NAMES: [&str; 3] = ["HOLDER", "CLUSTER", "REMOTE"];

impl Report for Matrix {
    fn to_text(&self, style: Style) -> String {
        let wide = style.wide;
        if self.items.is_empty() && self.unreached.is_empty() && self.skipped.is_empty() {
            return String::new();
        }
        let mut text = if wide {
            self.rows(style).to_text()
        } else {
            self.rows(style).to_text_within(WIDTH, &NAMES)
        };
        for cell in &self.items {
            findings(cell, wide, &mut text);
        }
        let rest = self.skipped.iter().map(|skipped| {
            format!(
                "context {}: skipped {}: {}",
                skipped.context, skipped.check, skipped.reason
            )
        });
        let rest = rest.chain(
            self.unreached
                .iter()
                .map(|lost| format!("context {}: not read: {}", lost.context, lost.reason)),
        );
        for (number, told) in rest.enumerate() {
            if number == 0 {
                line("", &mut text);
            }
            line(&told, &mut text);
        }
        line("", &mut text);
        self.verdict().write(&mut text);
        text
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .items
            .iter()
            .filter_map(|cell| Some(format!("secret/{}", cell.name.as_ref()?)))
            .collect();
        // A secret with several clusters has several cells beside each other, or a holder apart from its namesake.
        names.dedup();
        names
    }
}

impl Matrix {
    fn rows(&self, style: Style) -> Table {
        let wide = style.wide;
        let mut heads = vec!["HOLDER", "CLUSTER", "REMOTE", "STATE", "AGE", "EXPIRES"];
        if wide {
            heads.extend(["NAMESPACE", "SECRET", "SERVER"]);
        }
        let mut table = Table::new(heads, style);
        for cell in &self.items {
            let remote = cell.remote_context.as_deref().unwrap_or("unknown");
            let mut row = vec![
                cell.context.clone(),
                none(&cell.cluster),
                remote.to_owned(),
                cell.state.word().to_owned(),
                none(&cell.age_seconds.map(age).unwrap_or_default()),
                expires(cell),
            ];
            if wide {
                row.push(none(&cell.namespace));
                row.push(none(secret(cell)));
                row.push(none(cell.server.as_deref().unwrap_or_default()));
            }
            table.row(row);
        }
        for lost in &self.unreached {
            let words = ["-", "-", "unreached"];
            let row = std::iter::once(lost.context.as_str()).chain(words);
            table.row(row.map(str::to_owned));
        }
        table
    }

    fn verdict(&self) -> Verdict<'_> {
        let secrets = self.items.iter().filter(|cell| cell.name.is_some()).count();
        let missing = self.items.len() - secrets;
        Verdict {
            read: Some(self.read),
            unreached: &self.unreached,
            counts: vec![counted(secrets, "secret"), format!("{missing} missing")],
            conclusion: severities(self.findings().map(|found| found.severity)),
            gaps: skipped_checks(&self.skipped),
        }
    }
}

/// Returns the Secret's name, or nothing where there is none.
fn secret(cell: &MatrixCell) -> &str {
    cell.name.as_deref().unwrap_or_default()
}

fn findings(cell: &MatrixCell, wide: bool, text: &mut String) {
    let is_told = |severity| severity > Severity::Info || wide;
    if !cell.findings.iter().any(|found| is_told(found.severity)) {
        return;
    }
    let what = match cell.state {
        State::Missing => format!("cluster {}", cell.cluster),
        _ => format!("secret/{}", secret(cell)),
    };
    line("", text);
    line(&format!("{what} in context {}", cell.context), text);
    for found in &cell.findings {
        finding(found, wide, text);
    }
}

fn expires(cell: &MatrixCell) -> String {
    match cell.seconds_left {
        Some(left) if left >= 0 => age(left),
        Some(past) => format!("{} ago", age(-past)),
        None if cell.never_expires => "never".to_owned(),
        None if cell.state == State::Missing => "-".to_owned(),
        None => "unknown".to_owned(),
    }
}

fn none(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}
