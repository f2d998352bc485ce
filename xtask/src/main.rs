//! The chores of the house: `cargo xtask VERB`, one module per verb.
//!
//! Nothing that a user runs depends on this crate.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who runs it"
)]

mod bench;
mod demo;
mod install;
mod repo;
mod rust;
mod secrets;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use clap::Parser;

/// The chores of the house.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
struct App {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Measure `create` beside istioctl's own command on the same real API server
    Bench(bench::Args),
    /// Show what the plugins do, on two clusters that need nothing but Rust
    Demo(demo::Args),
    /// Build the plugins as they are released and put them on your PATH
    Install(install::Args),
    /// Run all tests, with real parts where Go is there, and check that no secret was shown
    Test(test::Args),
    /// Check what the compiler does not: who imports whom, manifests, layout, leaks
    Tidy(tidy::Args),
    /// Build the real parts that tests run against: etcd, Kubernetes, istioctl, istiod, krew, Helm, KWOK
    Tools(tools::Args),
}

fn main() -> ExitCode {
    let outcome = match App::parse().verb {
        Verb::Bench(args) => bench::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Install(args) => install::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Tidy(args) => tidy::run(&args),
        Verb::Tools(args) => tools::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
