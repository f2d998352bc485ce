//! `show`: what each part of a cluster says its network and its name are, and where they disagree.
//!
//! Observe, report (judged by `mesh_common::model::statements`), render.

mod args;
mod observe;
mod report;
mod verb;

pub(crate) use args::ShowArgs;
pub(crate) use verb::run;
