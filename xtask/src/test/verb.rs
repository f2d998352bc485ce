//! The verb itself.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;

use anyhow::{Context as _, Result, bail};
use mesh_testkit::parts::{self, Part, Source};
use mesh_testkit::{command, environment};

use super::full;
use super::leaks::leaks;
use super::pool::{self, Job};
use super::programs::{self, Programs, TestProgram};
use super::sources::{self, Sources};
use super::supervisor::Supervisor;
use crate::repo;

/// The package whose tests are all over real parts.
const OVER_REAL_PARTS: &str = "mesh-e2e";
/// The package some of whose tests are.
const TEST_KIT: &str = "mesh-testkit";
/// Options of `cargo test` that choose packages.
const CHOOSES: &[&str] = &[
    "-p",
    "--package",
    "--workspace",
    "--all",
    "--exclude",
    "--manifest-path",
];

/// The test programs that take more than a minute, the longest first: package and name.
const LONGEST: &[(&str, &str)] = &[
    ("tests/e2e", "guides"),
    ("plugins/kubectl-mesh-secret", "black_box"),
    ("tests/e2e", "eastwest"),
    ("tests/e2e", "rotate"),
    ("tests/e2e", "parity"),
    ("tests/e2e", "data_path"),
    ("plugins/kubectl-mesh-eastwest", "black_box"),
];

/// The variable for the number of tests at once: <https://doc.rust-lang.org/rustc/tests/index.html#--test-threads-test_threads>.
const THREADS: &str = "RUST_TEST_THREADS";

/// The tests to run; everything by default.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Try all of what usually a part is enough of, such as topologies, and inputs that are changed at random
    #[arg(long)]
    full: bool,
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
    let sources = sources::read()?;
    if let Some(why) = &without_parts {
        let left_out = sources.over_real_parts().join(", ");
        eprintln!("test: left out, since real parts cannot be built: {left_out}\n  why: {why:#}");
    }
    let folder = repo::folder()?;
    let programs = programs::build(&folder)?;
    if everything && without_parts.is_none() {
        let of_go = |part: &Part| matches!(part.source(), Source::Go { .. });
        let (built, fetched): (Vec<_>, Vec<_>) = Part::ALL.into_iter().partition(of_go);
        parts::ensure(&built)?;
        if let Err(why) = parts::ensure(&fetched) {
            eprintln!("test: tests that need it say that they are left out: {why:#}");
        }
    }
    let record = folder.join("record");
    repo::fresh_folder(&record)?;
    let mut variables = vec![
        (environment::PLUGINS, programs.plugins.clone().into()),
        (environment::RECORD, record.clone().into()),
        (
            THREADS,
            repo::variable(THREADS).unwrap_or_else(|| threads().to_string().into()),
        ),
    ];
    if args.full {
        variables.push((environment::FULL, "1".into()));
    }
    let left_out = without_parts.as_ref().map(|_| &sources);
    let passed = if everything {
        run_all(
            &programs,
            left_out,
            args.full,
            &variables,
            &folder.join("said"),
        )?
    } else {
        run_chosen(&programs, &args.args, left_out, &variables)?
    };

    let recordings = command::recordings(&record)?;
    if everything
        && !recordings
            .iter()
            .any(|recording| recording.command.contains("-vvv"))
    {
        bail!(
            "no run of a plugin with -vvv was recorded, so nothing shows that its log keeps secrets"
        );
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
    let incomplete = without_parts.is_some() && environment::under_ci();
    if incomplete {
        eprintln!("test: tests were left out, which under CI is a failure");
    }
    Ok(ExitCode::from(u8::from(
        !passed || !shown.is_empty() || incomplete,
    )))
}

/// Runs all test programs side by side but those that `left_out` says need real parts, with all of their tests where it is `full`;
/// true where all pass.
fn run_all(
    programs: &Programs,
    left_out: Option<&Sources>,
    full: bool,
    variables: &[(&str, OsString)],
    said: &Path,
) -> Result<bool> {
    repo::fresh_folder(said)?;
    let is_left_out = |test: &TestProgram| {
        test.kind == "test"
            && left_out.is_some_and(|sources| sources.needs_parts(&test.package, &test.name))
    };
    let mut tests: Vec<_> = programs
        .tests
        .iter()
        .filter(|test| !is_left_out(test))
        .collect();
    tests.sort_by_key(|test| place(test));
    let mut jobs: Vec<_> = tests
        .into_iter()
        .map(|test| test_program(test, full))
        .chain([examples_in_docs()])
        .collect();
    for job in &mut jobs {
        job.command.envs(variables.iter().cloned());
    }
    let failed = pool::run(jobs, at_once(), said, || supervisor(programs))?;
    for name in &failed {
        eprintln!("test: FAILED: {name}");
    }
    Ok(failed.is_empty())
}

/// Runs `cargo test` with these arguments, without what `left_out` says needs real parts where they choose no package; true where
/// all pass.
fn run_chosen(
    programs: &Programs,
    args: &[String],
    left_out: Option<&Sources>,
    variables: &[(&str, OsString)],
) -> Result<bool> {
    let supervisor = supervisor(programs)?;
    let mut passed = true;
    for args in invocations(args, left_out.map(Sources::of_test_kit_without_parts)) {
        passed &= repo::cargo()
            .args(["test", "--no-fail-fast"])
            .args(args)
            .envs(variables.iter().cloned())
            .env(environment::SUPERVISOR, supervisor.address())
            .status()
            .context("cannot run cargo")?
            .success();
    }
    Ok(passed)
}

fn supervisor(programs: &Programs) -> Result<Supervisor> {
    Supervisor::start(Command::new(&programs.supervisor))
}

/// A test program as `cargo test` runs it, without the tests that are left to `--full` unless this is it.
fn test_program(test: &TestProgram, full: bool) -> Job {
    let package = repo::root().join(&test.package);
    let mut command = environment::as_from_a_shell(&test.path);
    command
        .current_dir(&package)
        .env("CARGO_MANIFEST_DIR", &package);
    let mut is_exact = false;
    for left in full::left_out_of(test).filter(|_| !full) {
        eprintln!(
            "test: left to --full: {} {}, since {} runs",
            test.name, left.test, left.instead
        );
        command.args(["--skip", left.test]);
        is_exact = true;
    }
    if is_exact {
        command.arg("--exact");
    }
    Job {
        name: format!("{} {} {}", test.package, test.kind, test.name),
        command,
    }
}

/// The examples in comments, which cargo finds, compiles and runs.
fn examples_in_docs() -> Job {
    let mut command = repo::cargo();
    command.args(["test", "--doc", "--workspace", "--no-fail-fast"]);
    Job {
        name: "examples in comments".to_owned(),
        command,
    }
}

/// Returns the arguments of `cargo test`, once for each time that it is to run.
fn invocations(args: &[String], testkit: Option<Vec<String>>) -> Vec<Vec<String>> {
    let own = args.iter().take_while(|arg| *arg != "--");
    let chosen = own
        .into_iter()
        .any(|arg| CHOOSES.contains(&arg.split('=').next().unwrap_or(arg)));
    let before = match testkit {
        _ if chosen => vec![Vec::new()],
        None => vec![owned(&["--workspace"])],
        Some(tests) => vec![
            owned(&[
                "--workspace",
                "--exclude",
                OVER_REAL_PARTS,
                "--exclude",
                TEST_KIT,
            ]),
            [owned(&["--package", TEST_KIT, "--lib", "--bins"]), tests].concat(),
        ],
    };
    before
        .into_iter()
        .map(|before| [before, args.to_vec()].concat())
        .collect()
}

/// Returns the place of a test program in the order of the run: the longest first, so that none of them is alone at the end.
fn place(test: &TestProgram) -> usize {
    let is = |(package, name): &(&str, &str)| test.package == *package && test.name == *name;
    LONGEST.iter().position(is).unwrap_or(LONGEST.len())
}

/// A test program uses about two thirds of a core, and none while it waits for servers: one more than there are cores keeps them
/// busy.
fn at_once() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get() + 1)
}

/// A test mostly waits for servers, and on a machine of two cores more than two can do so.
fn threads() -> usize {
    const AT_LEAST: usize = 4;
    thread::available_parallelism().map_or(AT_LEAST, |cores| cores.get().max(AT_LEAST))
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, invocations};
    use crate::repo;

    fn given(args: &str, testkit: Option<&str>) -> Vec<String> {
        let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
        let testkit = testkit.map(|test| vec!["--test".to_owned(), test.to_owned()]);
        invocations(&args, testkit)
            .iter()
            .map(|args| args.join(" "))
            .collect()
    }

    #[test]
    fn everything_is_tested_unless_packages_are_chosen() {
        assert_eq!(given("", None), ["--workspace"]);
        assert_eq!(given("name -- -p", None), ["--workspace name -- -p"]);
        assert_eq!(given("-p xtask", None), ["-p xtask"]);
        assert_eq!(given("--package=xtask", Some("a")), ["--package=xtask"]);
    }

    #[test]
    fn the_longest_programs_are_there() {
        for (package, name) in LONGEST {
            let tests = repo::root().join(package).join("tests");
            let file = tests.join(format!("{name}.rs"));
            let folder = tests.join(name).join("main.rs");
            assert!(file.exists() || folder.exists(), "{package} {name}");
        }
    }

    #[test]
    fn without_real_parts_what_needs_them_is_left_out() {
        assert_eq!(
            given("name", Some("proxy")),
            [
                "--workspace --exclude mesh-e2e --exclude mesh-testkit name",
                "--package mesh-testkit --lib --bins --test proxy name"
            ]
        );
    }
}
