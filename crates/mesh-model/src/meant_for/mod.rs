//! Owns whom a remote secret is for: the cluster that its data key names, the cluster that it gives access to, and what it
//! means where these are two.
//!
//! A cluster goes by what its own istiods call it; where that is not known, by the name of its context. Where a secret gives
//! access is told by the UID of the cluster that answered, where its credential was used; else by the context that has the
//! same address. Pure; all of it is read elsewhere.

mod entry;
mod judge;
mod member;
mod several;
#[cfg(test)]
mod tests;

pub use entry::{Entry, Judged, Reached, Verdict};
pub use judge::{Mesh, judge};
pub use member::{Member, Members};
