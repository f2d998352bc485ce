//! Envoy comes built from a registry of Python packages, which not every machine reaches: then the tests of traffic are left out,
//! which is said, and under CI is a failure.

use mesh_testkit::command::{Output, Run};
use mesh_testkit::environment;
use mesh_testkit::parts::{self, Part};

/// Tells whether Envoy can be had.
///
/// # Panics
/// Where it cannot, under CI.
#[expect(
    clippy::print_stderr,
    reason = "a test that is left out must not look as if it passed"
)]
pub(crate) fn envoy_is_there() -> bool {
    let Err(why) = parts::ensure(&[Part::Envoy]) else {
        return true;
    };
    assert!(
        !environment::under_ci(),
        "Envoy cannot be had, which under CI is a failure: {why:#}"
    );
    eprintln!("left out, since Envoy cannot be had: {why:#}");
    false
}

/// The test of traffic alone, where neither Envoy is nor anything that could fetch it.
fn without_envoy(env: &[(&str, &str)]) -> Output {
    let nothing = tempfile::tempdir().unwrap();
    let itself = std::env::current_exe().unwrap();
    let run = Run::new(itself)
        .args(["--exact", super::TRAFFIC, "--nocapture"])
        .env("PATH", nothing.path())
        .env(environment::PARTS, nothing.path());
    let run = env
        .iter()
        .fold(run, |run, (name, value)| run.env(name, value));
    let output = run.output();
    assert!(
        output.stdout.contains("running 1 test\n"),
        "{}",
        output.golden()
    );
    output
}

#[test]
fn without_envoy_it_says_that_it_is_left_out() {
    let output = without_envoy(&[]).expect_success();
    let said = "left out, since Envoy cannot be had";
    assert!(output.stderr.contains(said), "{}", output.golden());
}

#[test]
fn without_envoy_it_fails_under_ci() {
    let output = without_envoy(&[("CI", "true")]);
    let said = "Envoy cannot be had, which under CI is a failure";
    assert!(
        !output.success() && output.stderr.contains(said),
        "{}",
        output.golden()
    );
}
