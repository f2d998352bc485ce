//! `kubectl mesh-label`: the labels by which Istio knows networks, mesh-wide Services and the control planes of remote clusters.
//!
//! Each verb is one file: its arguments, and what it asks of `mesh_common::ops::metadata`; `show` reads.

mod cli;
mod control_plane;
mod global;
mod network;
mod show;
mod write_flags;

pub use cli::Cli;
