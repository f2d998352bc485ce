//! `network`: the network of a cluster, as a label on Istio's namespace.

mod args;
mod verb;
mod wanted;

pub(crate) use args::NetworkArgs;
pub(crate) use verb::run;
