//! `global`: Services that are one for the whole mesh in ambient mode, as a label on each of them.

mod args;
mod services;
mod verb;

pub(crate) use args::GlobalArgs;
pub(crate) use verb::run;
