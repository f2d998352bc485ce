//! Jobs on clusters: each one reads, plans (pure) and then writes, and tells what happens as it goes.
//!
//! Knows no flag, no terminal and no output format: what a job needs comes in as plain values.

pub mod change;
pub mod fleet;
pub mod gateway;
mod job;
pub mod metadata;
pub mod secret;
pub mod snapshot;
pub mod verify;

pub use fleet::Fleet;
pub use job::Job;
