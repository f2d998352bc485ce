//! `cargo xtask tools`: builds or fetches the real parts that tests run against. The work is [`mesh_testkit::parts`]'.

use std::process::ExitCode;

use anyhow::Result;
use mesh_testkit::parts::{self, Part};

/// The parts to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The parts to build or fetch; all of them by default
    #[arg(value_name = "PART", value_parser = parse)]
    parts: Vec<Part>,
}

fn parse(text: &str) -> Result<Part, String> {
    text.parse()
        .map_err(|error: anyhow::Error| error.to_string())
}

/// Makes what is asked for and not there yet, and prints where each part is.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let wanted = if args.parts.is_empty() {
        &Part::ALL
    } else {
        args.parts.as_slice()
    };
    for path in parts::ensure(wanted)?.values() {
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
