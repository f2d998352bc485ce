//! Output and objects of `kubectl mesh-eastwest`, beside Istio's own samples, charts and tools, on real clusters.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod expose;
mod expose_live;
mod generate;
mod server;
mod status;
