//! `apply`: the gateway that `generate` prints and the exposure that `expose` prints, in each cluster, where they differ
//! from what is there.
//!
//! Owns the arguments and what they ask of `mesh_common::ops::gateway`.

mod args;
mod verb;

pub(crate) use args::ApplyArgs;
pub(crate) use verb::run;
