//! The domain: Istio's multi-cluster rules as plain data and pure functions.
//!
//! Nothing here reads a cluster, a file, a clock or the environment, and nothing writes to a terminal.

pub mod error;
pub mod exit;

pub use error::Error;
pub use exit::Exit;
