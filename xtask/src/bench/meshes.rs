//! The figures of commands over whole meshes, as a table for people and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::crowd::Asked;
use super::measure::Costs;
use super::report::{MIB, MS};

/// The measurements of one command over one mesh.
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) clusters: usize,
    pub(super) what: String,
    /// Pairs that a run was about.
    pub(super) pairs: usize,
    pub(super) costs: Costs,
    pub(super) asked: Option<Asked>,
}

/// For people.
pub(super) fn to_text(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<10} {:>8} {:<36} {:>6} {:>4} {:>10} {:>10} {:>9} {:>6} {:>9}\n",
        "API SERVERS",
        "CLUSTERS",
        "WHAT",
        "PAIRS",
        "RUNS",
        "WALL ms",
        "CPU ms",
        "PEAK MiB",
        "CONNS",
        "REQUESTS"
    );
    for row in rows {
        let counted = |count: fn(&Asked) -> usize| {
            row.asked
                .as_ref()
                .map_or_else(|| "-".to_owned(), |asked| count(asked).to_string())
        };
        let _ = writeln!(
            text,
            "{:<11} {:>8} {:<36} {:>6} {:>4} {:>10.1} {:>10.1} {:>9.1} {:>6} {:>9}",
            row.kind,
            row.clusters,
            row.what,
            row.pairs,
            row.costs.runs(),
            row.costs.quantile(0.5, |cost| cost.wall) * MS,
            row.costs.quantile(0.5, |cost| cost.cpu) * MS,
            row.costs.quantile(0.5, |cost| cost.memory) * MIB,
            counted(|asked| asked.connections),
            counted(|asked| asked.requests),
        );
    }
    text
}

/// Seconds and bytes.
pub(super) fn to_json(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        json!({
            "apiServers": row.kind,
            "clusters": row.clusters,
            "what": row.what,
            "pairs": row.pairs,
            "runs": row.costs.runs(),
            "wallSeconds": row.costs.quantile(0.5, |cost| cost.wall),
            "cpuSeconds": row.costs.quantile(0.5, |cost| cost.cpu),
            "peakBytes": row.costs.quantile(0.5, |cost| cost.memory),
            "connections": row.asked.map(|asked| asked.connections),
            "requests": row.asked.map(|asked| asked.requests),
        })
    };
    rows.iter().map(row).collect()
}
