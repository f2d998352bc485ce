//! `control-plane`: which clusters' control planes lead a cluster without one, as an annotation on Istio's namespace.

mod args;
mod leaders;
mod verb;

pub(crate) use args::ControlPlaneArgs;
pub(crate) use verb::run;
