//! `status`: the east-west gateways of several clusters, where they are, and what answers there.
//!
//! Read and ask (`mesh_common::client::eastwest`), judge (`mesh_common::model::eastwest`), report, render.

mod args;
mod ask;
mod report;
mod report_columns;
mod report_lines;
mod verb;

pub(crate) use args::StatusArgs;
pub(crate) use ask::{ANSWER, ask};
pub(crate) use report::{Seen, Status};
pub(crate) use report_columns::table;
pub(crate) use verb::run;
