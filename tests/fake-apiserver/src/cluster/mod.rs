//! The handle by which tests arrange a fake cluster, make it fail and look at it.

mod contents;
mod follow;
mod handle;
mod ports;

pub use follow::{Follower, News};
pub use handle::{Builder, Cluster};
