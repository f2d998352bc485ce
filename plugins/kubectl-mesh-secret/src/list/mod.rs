//! `list`: who holds a secret for whom, and in which state it is.
//!
//! Observe (all holders at once), report; `mesh_model::secret` makes the cells.

mod args;
mod observe;
mod report;
mod report_text;
mod verb;

pub(crate) use args::ListArgs;
pub(crate) use verb::run;
