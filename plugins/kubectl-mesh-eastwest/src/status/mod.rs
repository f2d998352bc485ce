//! `status`: the east-west gateways of several clusters, where they are, and what answers there.
//!
//! Read and ask (`mesh_common::ops::gateway`), judge (`mesh_common::model::eastwest`), render.

mod args;
mod report_columns;
mod report_lines;
mod verb;

pub(crate) use args::StatusArgs;
pub(crate) use report_columns::table;
pub(crate) use report_lines::{names, read, write_cluster, write_gateway, write_unreached};
pub(crate) use verb::run;
