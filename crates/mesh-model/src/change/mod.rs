//! Changes as data: all that a job will write, known before its first write.
//!
//! A job plans a [`ChangeSet`]. A dry run prints it, a confirmation shows it, the writers carry it out, and each result
//! is reported as one of its [`Change`]s.

mod action;
mod dry_run;
mod object;
mod set;

pub use action::{Action, marked, marked_as};
pub use dry_run::DryRun;
pub use object::ObjectRef;
pub use set::{Change, ChangeSet};
