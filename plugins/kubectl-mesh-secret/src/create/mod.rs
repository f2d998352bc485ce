//! `create`: gives a holder the credential to read a source cluster.
//!
//! Arguments, observation, plan, writes in the source, try-out, and only then a manifest or writes in the holders.

mod args;
mod candidates;
mod credential;
mod holders;
mod names;
mod observe;
mod options;
mod plan;
mod try_out;
mod verb;

pub(crate) use args::CreateArgs;
pub(crate) use verb::run;
