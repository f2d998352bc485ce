//! `create`: gives a holder the credential to read a source cluster.
//!
//! Arguments and their checks; the steps themselves are `crate::source`'s, which `exchange` shares.

mod args;
mod resolve;
mod verb;

pub(crate) use args::CreateArgs;
pub(crate) use verb::run;
