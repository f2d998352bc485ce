//! `cargo xtask demo`: what the suite does, shown by its real binaries on two clusters, every command as it is typed.
//!
//! It must not know how the plugins work: it types, and shows what they say.

mod check;
mod script;
mod show;
mod stage;
mod verb;

pub(crate) use verb::{Args, run};
