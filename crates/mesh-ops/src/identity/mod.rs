//! Reads what the parts of a cluster say of its network and its name.

mod observe;

pub use observe::observe;
