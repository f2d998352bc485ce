//! The shared part of the end-to-end tests: the behaviour suite's scripts and their player, running the plugins as users do,
//! and clusters as a provider would give them.

#![expect(
    clippy::missing_panics_doc,
    reason = "test support stops the test where something is wrong with the test's own arrangement"
)]

pub mod behaviour;
pub mod cloud;
pub mod istiod;
pub mod plugin;
