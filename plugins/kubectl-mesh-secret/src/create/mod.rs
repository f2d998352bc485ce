//! `create`: issues a secret that gives access to one remote cluster.
//!
//! Arguments and their checks; the job itself is `mesh_ops::secret::issue`.

mod args;
mod resolve;
mod verb;

pub(crate) use args::CreateArgs;
pub(crate) use verb::run;
