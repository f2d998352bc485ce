//! `expose`: the Istio objects by which a gateway lets other clusters reach services or istiod, on stdout.
//!
//! Owns the arguments and what they mean; the objects are `mesh_common::model::exposure`'s. Nothing is written.

mod args;
mod options;
mod verb;

pub(crate) use args::ExposeArgs;
pub(crate) use verb::run;
