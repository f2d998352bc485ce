//! The verb itself.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use mesh_testkit::parts::{self, Part};
use mesh_testkit::{command, environment};

use super::leaks::leaks;
use super::programs;
use super::supervisor::Supervisor;
use crate::repo;

/// The package of the tests over real parts.
const OVER_REAL_PARTS: &str = "mesh-e2e";
/// Options of `cargo test` that choose packages.
const CHOOSES: &[&str] = &[
    "-p",
    "--package",
    "--workspace",
    "--all",
    "--exclude",
    "--manifest-path",
];

/// What to run; everything by default.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments of `cargo test`: `-p mesh-e2e --test parity -- --nocapture`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARG"
    )]
    args: Vec<String>,
}

/// Builds, runs, and checks what was recorded; code 1 where a test fails, a secret was shown, or where under CI
/// tests had to be left out.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let everything = args.args.is_empty();
    let without_parts = parts::check_toolchain().err();
    if let Some(why) = &without_parts {
        eprintln!(
            "test: left out, since real parts cannot be built: {}\n  why: {why:#}",
            left_out()?.join(", ")
        );
    }
    let folder = repo::folder()?;
    let programs = programs::build(&folder)?;
    if everything && without_parts.is_none() {
        parts::ensure(&Part::ALL)?;
    }
    let record = folder.join("record");
    repo::fresh_folder(&record)?;

    let supervisor = Supervisor::start(&programs.supervisor)?;
    let passed = repo::cargo()
        .args(["test", "--no-fail-fast"])
        .args(choice(&args.args, without_parts.is_some()))
        .args(&args.args)
        .env(environment::SUPERVISOR, supervisor.address())
        .env(environment::PLUGINS, &programs.plugins)
        .env(environment::RECORD, &record)
        .status()
        .context("cannot run cargo")?
        .success();
    drop(supervisor);

    let recordings = command::recordings(&record)?;
    if everything && recordings.is_empty() {
        bail!("no run of a plugin was recorded, so nothing shows that they keep secrets");
    }
    let shown = leaks(&recordings);
    for leak in &shown {
        eprintln!("test: a secret was shown: {leak}");
    }
    eprintln!(
        "test: {} recorded runs of plugins, {} secrets shown",
        recordings.len(),
        shown.len()
    );
    let incomplete = without_parts.is_some() && repo::under_ci();
    if incomplete {
        eprintln!("test: tests were left out, which under CI is a failure");
    }
    Ok(ExitCode::from(u8::from(
        !passed || !shown.is_empty() || incomplete,
    )))
}

/// Which packages `cargo test` is to take where the arguments do not say.
fn choice(args: &[String], without_parts: bool) -> Vec<&'static str> {
    let own = args.iter().take_while(|arg| *arg != "--");
    if own
        .into_iter()
        .any(|arg| CHOOSES.contains(&arg.split('=').next().unwrap_or(arg)))
    {
        return Vec::new();
    }
    let mut choice = vec!["--workspace"];
    if without_parts {
        choice.extend(["--exclude", OVER_REAL_PARTS]);
    }
    choice
}

/// The names of the tests over real parts.
fn left_out() -> Result<Vec<String>> {
    let folder = "tests/e2e/tests/";
    let tests = repo::files()?.into_iter().filter_map(|path| {
        let name = path
            .strip_prefix(folder)?
            .split('/')
            .next()?
            .trim_end_matches(".rs");
        Some(format!("{OVER_REAL_PARTS}::{name}"))
    });
    let mut tests: Vec<String> = tests.collect();
    tests.dedup();
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::choice;

    fn chosen(args: &str, without_parts: bool) -> Vec<&'static str> {
        let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
        choice(&args, without_parts)
    }

    #[test]
    fn everything_is_tested_unless_packages_are_chosen() {
        assert_eq!(chosen("", false), ["--workspace"]);
        assert_eq!(chosen("", true), ["--workspace", "--exclude", "mesh-e2e"]);
        assert_eq!(chosen("name -- -p", false), ["--workspace"]);
        assert_eq!(chosen("-p xtask", true), [""; 0]);
        assert_eq!(chosen("--package=xtask", false), [""; 0]);
    }
}
