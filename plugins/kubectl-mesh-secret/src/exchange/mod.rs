//! `exchange`: every cluster of a mesh gets a secret for every other one that it has to read.
//!
//! Arguments and their checks, and the question before a deletion; the job itself is `mesh_ops::secret::exchange`.

mod args;
mod prune;
mod resolve;
mod verb;

pub(crate) use args::ExchangeArgs;
pub(crate) use verb::run;
