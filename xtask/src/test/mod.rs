//! `cargo xtask test`: all test programs, several at a time, and then the check that nothing secret was shown.
//!
//! It must not know a single test but those in `full`: what needs real parts is a matter of packages.

mod full;
mod leaks;
mod pool;
mod programs;
mod sources;
mod supervisor;
mod verb;

pub(crate) use verb::{Args, run};
