//! `kubectl mesh-eastwest`: the gateway through which the other networks of an Istio mesh reach a cluster, and what is
//! exposed through it.
//!
//! The objects are `mesh_common::model::gateway`'s and `mesh_common::model::exposure`'s, the work on clusters is
//! `mesh_common::ops::gateway`'s. Each verb is a folder with its arguments and its output.

mod apply;
mod cli;
mod expose;
mod generate;
mod status;
mod wait;

pub use cli::Cli;
