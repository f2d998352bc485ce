//! `exchange`: every cluster of a mesh gets a secret for every other one that it has to read.
//!
//! Connect and read all of them, decide all pairs, prepare every source at once, then write to the holders. The steps of
//! one source and one holder are `crate::source`'s.

mod args;
mod members;
mod pairs;
mod prune;
mod resolve;
mod verb;

pub(crate) use args::ExchangeArgs;
pub(crate) use verb::run;
