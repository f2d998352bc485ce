//! `wait`, and the wait of `apply --wait`: until the gateways of several clusters have addresses.
//!
//! Wait (`mesh_common::ops::gateway`), then judge and show as `status` does.

mod args;
mod report;
mod show;
mod verb;

pub(crate) use args::{WaitArgs, WaitFlag};
pub(crate) use show::show;
pub(crate) use verb::run;
