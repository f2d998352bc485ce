//! Owns which cluster a remote secret is for: the cluster that its data key names, the cluster that it gives access to,
//! and the consequences if they differ.
//!
//! A cluster's name is the cluster ID of its own istiods; if that is unknown, the name of its context. The cluster that
//! a secret gives access to is known by the UID of the cluster that answered, if the credential was used; otherwise by
//! the context with the same address. Pure; other modules read the data.

mod entry;
mod judge;
mod member;
mod several;
#[cfg(test)]
mod tests;

pub use entry::{Entry, Judged, Reached, Verdict};
pub use judge::{Mesh, judge};
pub use member::{Member, Members};
