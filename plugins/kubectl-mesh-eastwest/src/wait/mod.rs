//! `wait`, and the wait of `apply --wait`: until the gateways of several clusters have addresses.
//!
//! Wait (`mesh_common::client::eastwest`), then ask, judge and show by `status`.

mod args;
mod report;
mod verb;
mod within;

pub(crate) use args::{WaitArgs, WaitFlag};
pub(crate) use verb::run;
pub(crate) use within::Within;
