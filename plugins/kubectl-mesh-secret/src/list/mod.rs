//! `list`: who holds a secret for whom, and in which state it is.
//!
//! `mesh_ops::snapshot` reads all holders at once, `mesh_model::secret` judges them, report shows them.

mod args;
mod report;
mod report_text;
mod verb;

pub(crate) use args::ListArgs;
pub(crate) use verb::run;
