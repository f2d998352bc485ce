//! `cargo xtask bench`: what `create` costs beside istioctl's own command, on the same real API server.
//!
//! It owns the measuring and the aims. It must not fail for a figure: machines differ, and a figure is for people.

mod aims;
mod arena;
mod audit;
mod measure;
mod report;
mod rounds;
mod tools;
mod verb;

pub(crate) use verb::{Args, run};
