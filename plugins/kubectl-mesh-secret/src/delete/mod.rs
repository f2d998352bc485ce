//! `delete`: the arguments, the question and the lines of `mesh_common::ops::secret::delete`.

mod args;
mod verb;

pub(crate) use args::DeleteArgs;
pub(crate) use verb::run;
