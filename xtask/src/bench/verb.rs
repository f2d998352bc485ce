//! The verb itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use mesh_testkit::environment;
use mesh_testkit::parts::{self, Part};

use super::arena::Arena;
use super::exchange::{self, Sizes};
use super::measure::Meter;
use super::report::Report;
use super::rounds::{Rounds, floor, measure};
use super::tools::{Tool, Tools, VERIFY};
use super::{beside, twins, verify};

/// The number of runs, their subjects, and the form of the report.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A few runs of the plugin as tests build it: shows that the comparison works, and nothing about cost
    #[arg(long)]
    quick: bool,
    /// Form of the figures
    #[arg(long, short, value_enum, default_value = "table")]
    output: Output,
    /// Measure this `kubectl-mesh_secret`, and the `kubectl-mesh_verify` beside it, in place of those built as they are released
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Output {
    Table,
    Json,
}

/// Measures and prints; no figure makes it fail.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if let Err(why) = parts::check_toolchain() {
        if environment::under_ci() {
            bail!(why.context("istioctl cannot be built, and there is nothing to compare with"));
        }
        eprintln!("bench: left out, since istioctl cannot be built: {why:#}");
        return Ok(ExitCode::SUCCESS);
    }
    parts::ensure(&[Part::Istioctl])?;
    let tools = match (&args.plugin, args.quick) {
        (Some(plugin), _) => Tools::with(plugin)?,
        (None, true) => {
            parts::plugin(VERIFY)?;
            Tools::with(&parts::plugin(Tool::Ours.name())?)?
        }
        (None, false) => Tools::released()?,
    };
    let meter = Meter::build()?;
    let arena = Arena::start()?;
    let rounds = if args.quick {
        eprintln!(
            "bench: few runs of a program that is not optimized, so no figure means anything"
        );
        Rounds {
            ours: 2,
            istioctl: 1,
        }
    } else {
        Rounds {
            ours: 40,
            istioctl: 15,
        }
    };
    let sizes = if args.quick {
        Sizes {
            real: &[],
            embedded: &[2],
            runs: 1,
            objects: 50,
        }
    } else {
        Sizes {
            real: &[2, 10],
            embedded: &[2, 10, 50, 100],
            runs: 3,
            objects: 5_000,
        }
    };
    let twins = if args.quick { 20 } else { 8_000 };
    eprintln!("bench: measuring in turns");
    let mut meshes = exchange::measure(&tools, &meter, &arena.home()?, &sizes)?;
    meshes.extend(verify::measure(&tools, &meter, &arena.home()?, &sizes)?);
    if !sizes.real.is_empty() {
        meshes.extend(beside::measure(&tools, &meter, &arena.home()?, sizes.runs)?);
    }
    let report = Report {
        figures: measure(&arena, &tools, &meter, rounds)?,
        floor: floor(&arena, &meter, rounds.ours)?,
        sizes: [size(&tools, Tool::Ours)?, size(&tools, Tool::Istioctl)?],
        twins: twins::measure(&tools, &meter, &arena.home()?, twins, sizes.runs)?,
        meshes,
    };
    match args.output {
        Output::Table => print!("{}", report.to_text()),
        Output::Json => println!("{:#}", report.to_json()),
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a program is smaller than 2^53 bytes"
)]
fn size(tools: &Tools, tool: Tool) -> Result<f64> {
    Ok(tools.size(tool)? as f64)
}
