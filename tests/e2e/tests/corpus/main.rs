//! The corpus, beyond what the verification says of it: the commands that it prints repair what they are printed for.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod fixes;
