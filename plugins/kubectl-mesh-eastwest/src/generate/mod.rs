//! `generate`: the objects of an east-west gateway, on stdout, without any cluster.
//!
//! Owns the flags of a gateway; `mesh_common::model::gateway` checks them and renders the objects.

mod args;
mod flags;
mod verb;

pub(crate) use args::GenerateArgs;
pub(crate) use flags::GatewayFlags;
pub(crate) use verb::run;
