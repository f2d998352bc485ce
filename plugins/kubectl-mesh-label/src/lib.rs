//! `kubectl mesh-label`: the labels by which Istio knows networks, mesh-wide Services and leading control planes.
//!
//! `mark` sets one label or annotation in several clusters: it observes, plans and applies. Each verb that writes is a
//! room with its arguments and what it asks of `mark`; `show` reads.

mod cli;
mod control_plane;
mod global;
mod mark;
mod network;
mod show;

pub use cli::Cli;
