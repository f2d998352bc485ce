//! The verb itself.

use std::io::{Write as _, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use super::check;
use super::script;
use super::show::Show;
use super::stage::Stage;

/// The demonstration to show, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Use real API servers, real istiods and the real kubectl, which needs Go; minutes the first time, seconds then
    #[arg(long)]
    real: bool,
    /// Leave the clusters running until Enter or Ctrl-C, and say how to reach them
    #[arg(long)]
    keep: bool,
    /// Show nothing; check that the commands between the markers of this file say what it says
    #[arg(long, value_name = "FILE", conflicts_with_all = ["real", "keep"])]
    check: Option<PathBuf>,
}

/// Runs the demonstration; code 1 where a file that was to be checked tells something else.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if let Some(file) = &args.check {
        return check_file(file);
    }
    let mut show = if args.real {
        let stage = Stage::real("demo-real")?;
        let mut show = Show::aloud(stage);
        script::on_real_clusters(&mut show)?;
        show
    } else {
        let stage = Stage::embedded("demo")?;
        let mut show = Show::aloud(stage);
        script::on_embedded_clusters(&mut show)?;
        script::on_a_mesh(&mut Show::aloud(Stage::mesh("demo-mesh")?))?;
        show
    };
    if args.keep {
        keep(&mut show)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn keep(show: &mut Show) -> Result<()> {
    println!("The clusters run on. In another terminal:\n");
    for line in show.stage().lines_to_type() {
        println!("  {line}");
    }
    print!("\nEnter or Ctrl-C ends them. ");
    stdout().flush()?;
    let read = stdin().read_line(&mut String::new())?;
    if read == 0 {
        bail!("--keep waits for Enter, and nobody is there to press it");
    }
    Ok(())
}

fn check_file(file: &PathBuf) -> Result<ExitCode> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let told = check::told(&text).with_context(|| format!("in {}", file.display()))?;
    let mut show = Show::silent(Stage::embedded("demo-check")?);
    script::on_embedded_clusters(&mut show)?;
    let mut of_mesh = Show::silent(Stage::mesh("demo-check-mesh")?);
    script::on_a_mesh(&mut of_mesh)?;
    let steps = [show.steps(), of_mesh.steps()].concat();
    let differences = check::differences(&told, &steps);
    for difference in &differences {
        println!("{}: {difference}", file.display());
    }
    if differences.is_empty() {
        println!(
            "{}: {} commands say what it says",
            file.display(),
            told.len()
        );
    }
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}
