//! `status`: the east-west gateways of several clusters, where they are, and what answers there.
//!
//! Read and ask (`mesh_common::cluster::eastwest`), judge (`mesh_common::mesh::eastwest`), report, render.

mod args;
mod report;
mod report_columns;
mod report_lines;
mod verb;

pub(crate) use args::StatusArgs;
pub(crate) use verb::run;
