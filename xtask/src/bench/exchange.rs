//! `exchange` beside the loop that the guides prescribe, over meshes of several sizes.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, ensure};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::parts::{self, Part};
use mesh_testkit::real::Kind;
use serde_json::json;

use super::crowd::Crowd;
use super::measure::{Costs, Meter};
use super::meshes::Row;
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

/// The numbers of clusters of each kind, and of runs.
pub(super) struct Sizes {
    pub(super) embedded: &'static [usize],
    pub(super) real: &'static [usize],
    pub(super) runs: usize,
    /// The Services of the largest cluster, which has four pods for each.
    pub(super) objects: usize,
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
        let crowd = Crowd::real(*size, Kind::Bare)?;
        rows.extend(over(&crowd, tools, meter, home, sizes.runs)?);
    }
    for size in sizes.embedded {
        eprintln!("bench: exchange over {size} embedded clusters");
        let crowd = Crowd::embedded(*size, |name| {
            let cluster = Cluster::start(name);
            cluster.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}));
            cluster
        })?;
        rows.extend(over(&crowd, tools, meter, home, sizes.runs)?);
    }
    Ok(rows)
}

fn over(crowd: &Crowd, tools: &Tools, meter: &Meter, home: &Path, runs: usize) -> Result<Vec<Row>> {
    let pairs = crowd.pairs();
    let row = |what, pairs| Row {
        kind: crowd.what(),
        clusters: crowd.names.len(),
        what: What::name(what).to_owned(),
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

/// Returns the arguments by which `exchange` wires all of them.
pub(super) fn arguments(crowd: &Crowd) -> Vec<OsString> {
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
