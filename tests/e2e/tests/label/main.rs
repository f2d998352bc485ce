//! `kubectl mesh-label` on real clusters.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod drift;
mod writes;
