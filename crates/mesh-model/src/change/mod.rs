//! Changes as data: what a job is going to write, known before the first write.
//!
//! A job plans a [`ChangeSet`], and everything goes by it: a dry run prints it, a question shows it, the writers carry it
//! out, and what was done is reported as its [`Change`]s.

mod action;
mod dry_run;
mod object;
mod set;

pub use action::{Action, marked, marked_as};
pub use dry_run::DryRun;
pub use object::ObjectRef;
pub use set::{Change, ChangeSet};
