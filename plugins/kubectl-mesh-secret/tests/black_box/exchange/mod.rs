//! `exchange` beside embedded clusters: which secrets there are afterwards, what was asked of whom, and what was said.

mod bound;
mod crowd;
mod faults;
pub(crate) mod mesh;
mod pairs;
mod prune;
mod steps;
