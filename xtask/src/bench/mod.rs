//! `cargo xtask bench`: what `create` costs beside istioctl's own command, on the same real API server, and what `exchange`
//! costs beside the guides' loop, and `kubectl mesh-verify`, over meshes of several sizes.
//!
//! It owns the measuring and the aims. It must not fail for a figure: machines differ, and a figure is for people.

mod aims;
mod arena;
mod audit;
mod beside;
mod crowd;
mod exchange;
mod measure;
mod meshes;
mod report;
mod rounds;
mod tools;
mod twins;
mod verb;
mod verify;

pub(crate) use verb::{Args, run};
