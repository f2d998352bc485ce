//! `inspect`: what remote secrets hold, what istiod would refuse of it, and whether it works.
//!
//! Observe (a file, a pipe or clusters), check (pure), probe where asked, report.

mod args;
mod compare;
mod manifests;
mod observe;
mod probe;
mod probe_fault;
mod report;
mod report_text;
mod rights;
mod rights_checks;
mod verb;

pub(crate) use args::{FailOn, InspectArgs};
pub(crate) use verb::run;
