//! `exchange` beside the loop that the guides prescribe, over meshes of several sizes.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};
use mesh_testkit::parts::{self, Part};
use serde_json::{Value, json};

use super::crowd::{Asked, Crowd};
use super::measure::{Costs, Meter};
use super::report::{MIB, MS};
use super::tools::{Tool, Tools};

/// A loop over more pairs than this is measured over so many of them, and says so.
const LONGEST_LOOP: usize = 90;

/// The command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// No remote secret is there; readers and tokens are.
    Fresh,
    /// Everything is there.
    Again,
    /// `istioctl create-remote-secret | kubectl apply -f -` for every pair.
    Loop,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Fresh => "exchange",
            Self::Again => "exchange, again",
            Self::Loop => "the guides' loop",
        }
    }
}

/// The measurements of one way over one mesh.
pub(super) struct Row {
    kind: &'static str,
    clusters: usize,
    what: What,
    /// Pairs that a run was about.
    pairs: usize,
    costs: Costs,
    asked: Option<Asked>,
}

/// The numbers of clusters of each kind, and of runs.
pub(super) struct Sizes {
    pub(super) embedded: &'static [usize],
    pub(super) real: &'static [usize],
    pub(super) runs: usize,
}

/// Measures all of them.
pub(super) fn measure(
    tools: &Tools,
    meter: &Meter,
    home: &Path,
    sizes: &Sizes,
) -> Result<Vec<Row>> {
    parts::ensure(&[Part::Kubectl])?;
    let mut rows = Vec::new();
    for size in sizes.real {
        eprintln!("bench: exchange over {size} real API servers");
        let crowd = Crowd::real(*size)?;
        rows.extend(over(&crowd, tools, meter, home, sizes.runs)?);
    }
    for size in sizes.embedded {
        eprintln!("bench: exchange over {size} embedded clusters");
        let crowd = Crowd::embedded(*size)?;
        rows.extend(over(&crowd, tools, meter, home, sizes.runs)?);
    }
    Ok(rows)
}

fn over(crowd: &Crowd, tools: &Tools, meter: &Meter, home: &Path, runs: usize) -> Result<Vec<Row>> {
    let pairs = crowd.pairs();
    let row = |what, pairs| Row {
        kind: crowd.what(),
        clusters: crowd.names.len(),
        what,
        pairs,
        costs: Costs::default(),
        asked: None,
    };
    let (mut fresh, mut again) = (row(What::Fresh, pairs.len()), row(What::Again, pairs.len()));
    let arguments = arguments(crowd);
    let exchange = |row: &mut Row| -> Result<()> {
        crowd.forget();
        row.costs
            .add(meter.run(tools.path(Tool::Ours), &arguments, home)?);
        row.asked = crowd.asked();
        let wired = crowd.wired()?;
        ensure!(
            wired == pairs.len(),
            "{wired} secrets for {} pairs",
            pairs.len()
        );
        Ok(())
    };
    // Makes the readers and their tokens.
    exchange(&mut row(What::Fresh, 0))?;
    for _ in 0..runs {
        crowd.unwire()?;
        exchange(&mut fresh)?;
        exchange(&mut again)?;
    }
    // Evenly spread, so that no cluster has a part of its own in it.
    let step = pairs.len().div_ceil(LONGEST_LOOP);
    let some: Vec<_> = pairs.iter().copied().step_by(step).collect();
    let mut by_hand = row(What::Loop, some.len());
    let kubectl = parts::path(Part::Kubectl)?;
    let script = crowd.script(tools.path(Tool::Istioctl), &kubectl, &some)?;
    crowd.unwire()?;
    by_hand
        .costs
        .add(meter.run("/bin/sh".as_ref(), &[script], home)?);
    by_hand.asked = crowd.asked();
    let wired = crowd.wired()?;
    ensure!(
        wired == some.len(),
        "the loop made {wired} secrets for {} pairs",
        some.len()
    );
    Ok(vec![fresh, again, by_hand])
}

fn arguments(crowd: &Crowd) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        "exchange",
        "--allow-loopback",
        "--all-contexts",
        "--kubeconfig",
    ]
    .map(Into::into)
    .into();
    arguments.push(crowd.kubeconfig.clone().into());
    for name in &crowd.names {
        arguments.push("--name".into());
        arguments.push(format!("{name}={name}").into());
    }
    arguments
}

/// For people.
pub(super) fn to_text(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<10} {:>8} {:<18} {:>6} {:>4} {:>10} {:>10} {:>9} {:>6} {:>9}\n",
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
            "{:<11} {:>8} {:<18} {:>6} {:>4} {:>10.1} {:>10.1} {:>9.1} {:>6} {:>9}",
            row.kind,
            row.clusters,
            row.what.name(),
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
            "what": row.what.name(),
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
