//! Sets or takes away one label or annotation in several clusters, for every verb that writes.
//!
//! Observe, plan (pure), apply. It knows neither networks nor Services: a verb says which mark on which objects.

mod apply;
mod args;
mod observe;
mod order;
mod plan;
mod verb;

pub(crate) use args::WriteFlags;
pub(crate) use observe::Job;
pub(crate) use order::{Named, Order};
pub(crate) use verb::{carry_out, targets};
