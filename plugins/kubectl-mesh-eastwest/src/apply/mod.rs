//! `apply`: the gateway that `generate` prints and the exposure that `expose` prints, in each cluster, where they differ
//! from what is there.
//!
//! Observe every cluster, plan, let every server rehearse every object, and only then write.

mod args;
mod observe;
mod plan;
mod resolve;
mod verb;
mod write;

pub(crate) use args::ApplyArgs;
pub(crate) use verb::run;
