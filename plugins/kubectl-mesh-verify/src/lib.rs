//! `kubectl mesh-verify`: what is wrong with a mesh of several clusters, why, and which command fixes it.
//!
//! Reads and tests (`mesh_common::ops::verify`), or takes what a file holds of that; judges (`mesh_common::model::verify`), renders.

mod args;
mod catalogue;
mod cli;
mod explain;
mod format;
mod input_file;
mod observe;
mod report_lines;
mod report_matrix;
mod report_short;
mod revision;
mod rights;
mod snapshot;
mod snapshot_file;
mod topology;
mod verb;

pub use cli::Cli;
