//! `cargo xtask tidy`: rules of the house that neither the compiler nor clippy knows.
//!
//! Every rule is a pure function from a file's path and text to findings; [`verb`] alone reads files and prints.

mod borders;
mod catalogue;
mod content;
mod file;
mod layout;
mod manifests;
mod verb;

pub(crate) use verb::{Args, run};
