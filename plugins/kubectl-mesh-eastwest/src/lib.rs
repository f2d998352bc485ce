//! `kubectl mesh-eastwest`: the gateway through which the other networks of an Istio mesh reach a cluster, and what is
//! exposed through it.
//!
//! What the objects look like is `mesh_common::model::gateway`'s and `mesh_common::model::exposure`'s to know. Each verb is a room with its arguments.

mod apply;
mod cli;
mod expose;
mod generate;
mod live;
mod status;
mod wait;

pub use cli::Cli;
