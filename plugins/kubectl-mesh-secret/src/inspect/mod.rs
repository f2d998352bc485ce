//! `inspect`: what remote secrets hold, what istiod would refuse of it, and whether it works.
//!
//! Observe (a file, a pipe or clusters), check (`mesh_model::secret`), probe where asked (`mesh_ops::secret::probe`), report.

mod args;
mod manifests;
mod observe;
mod report;
mod report_text;
mod verb;

pub(crate) use args::InspectArgs;
pub(crate) use verb::run;
