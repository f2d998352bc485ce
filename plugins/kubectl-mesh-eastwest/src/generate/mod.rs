//! `generate`: the objects of an east-west gateway, on stdout, without any cluster.
//!
//! Owns the flags that say what a gateway is to be, and their checks. What the objects look like is
//! `mesh_common::model::gateway`'s to know.

mod args;
mod flags;
mod resolve;
mod verb;
mod words;
mod words_of_nodes;

pub(crate) use args::GenerateArgs;
pub(crate) use flags::GatewayFlags;
pub(crate) use verb::run;
