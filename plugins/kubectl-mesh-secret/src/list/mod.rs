//! `list`: who holds a secret for whom, and in which state it is.
//!
//! Observe (all holders at once), matrix (pure: a cell for each pair), report.

mod args;
mod matrix;
mod missing;
mod observe;
mod report;
mod report_text;
mod state;
mod verb;

pub(crate) use args::ListArgs;
pub(crate) use verb::run;
