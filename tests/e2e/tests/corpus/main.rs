//! The corpus, beyond what the verification says of it on embedded clusters: it says the same on real API servers, and the commands
//! that it prints repair what they are printed for.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod fixes;
mod mesh;
mod on_real_servers;
