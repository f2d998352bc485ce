//! `generate`: the objects of an east-west gateway, on stdout, without any cluster.

mod args;
mod verb;

pub(crate) use args::GenerateArgs;
pub(crate) use verb::run;
