//! Every cluster of a mesh gets a secret for every other one that it has to read.
//!
//! All of them are connected to and read, all pairs decided, every remote cluster prepared at once, and then the holders are
//! written to. The steps of one remote cluster and one holder are those of `issue`.

mod check;
mod job;
mod members;
mod pairs;
mod prune;

pub use job::{Exchange, Request};
pub use members::MemberRequest;
pub use pairs::Role;
pub use prune::Leftover;
