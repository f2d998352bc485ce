//! Lets both programs take turns, and counts what one run of each does.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::aims::Case;
use super::arena::{Arena, Way};
use super::measure::{Costs, Meter};
use super::tools::{Tool, Tools};

/// The number of runs of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds {
    pub(super) ours: usize,
    pub(super) istioctl: usize,
}

impl Rounds {
    fn of(self, tool: Tool, case: Case) -> usize {
        let wanted = match tool {
            Tool::Ours => self.ours,
            Tool::Istioctl => self.istioctl,
        };
        wanted.min(case.most_runs())
    }
}

/// The requests of one run to the API server.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) connections: usize,
    pub(super) requests: Vec<String>,
}

/// The measurements of one program in one case.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) costs: Costs,
    pub(super) counts: Option<Counts>,
}

/// By case and program.
pub(super) type Figures = BTreeMap<(Case, Tool), Seen>;

/// Measures everything.
pub(super) fn measure(
    arena: &Arena,
    tools: &Tools,
    meter: &Meter,
    rounds: Rounds,
) -> Result<Figures> {
    let home = arena.home()?;
    let mut figures = Figures::new();
    // Also puts the token in place, and both programs into the page cache.
    for (case, tool) in all() {
        figures.entry((case, tool)).or_default().counts = count(arena, tools, meter, case, tool)?;
    }
    for round in 0..rounds.ours.max(rounds.istioctl) {
        for (case, tool) in all() {
            if round >= rounds.of(tool, case) {
                continue;
            }
            let arguments = case.arguments(tool, arena, Way::Straight, &round.to_string());
            let cost = meter
                .run(tools.path(tool), &arguments, &home)
                .with_context(|| case.name())?;
            figures.entry((case, tool)).or_default().costs.add(cost);
        }
    }
    Ok(figures)
}

fn all() -> impl Iterator<Item = (Case, Tool)> {
    Case::ALL
        .into_iter()
        .flat_map(|case| Tool::BOTH.map(|tool| (case, tool)))
}

fn count(
    arena: &Arena,
    tools: &Tools,
    meter: &Meter,
    case: Case,
    tool: Tool,
) -> Result<Option<Counts>> {
    let home = arena.home()?;
    if !case.connects() {
        return Ok(None);
    }
    // The first run of all may make what is missing; the second one is counted.
    let runs = match case {
        Case::FromNothing => ["counted", "counted"].get(..1),
        Case::Help
        | Case::Version
        | Case::Create
        | Case::CreateUntried
        | Case::CreateByCertificate => ["before", "counted"].get(..),
    };
    let mut counts = Counts::default();
    for run in runs.unwrap_or_default() {
        let connections = arena.relay.connections();
        let start = arena.audit.end()?;
        let arguments = case.arguments(tool, arena, Way::Counted, run);
        meter
            .run(tools.path(tool), &arguments, &home)
            .with_context(|| case.name())?;
        counts = Counts {
            connections: arena.relay.connections() - connections,
            requests: arena.audit.requests(start, tool.agent())?,
        };
    }
    Ok(Some(counts))
}

/// Measures the cost of starting any program on this machine, seen at one that does nothing.
pub(super) fn floor(arena: &Arena, meter: &Meter, runs: usize) -> Result<Costs> {
    let home = arena.home()?;
    let mut costs = Costs::default();
    for _ in 0..runs {
        costs.add(meter.run::<&str>("/bin/true".as_ref(), &[], &home)?);
    }
    Ok(costs)
}
