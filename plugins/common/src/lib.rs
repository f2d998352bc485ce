//! What every `kubectl mesh-*` plugin stands on, as a house of three floors.
//!
//! | floor | owns | may use |
//! |---|---|---|
//! | [`mesh`] | Istio's multi-cluster rules as plain data and pure functions | nothing of ours |
//! | [`cluster`] | Kubernetes: kubeconfig, credentials, connections, reads and writes | `mesh` |
//! | [`terminal`] | people: flags, the entry point, rendering, prompts, logs | `cluster`, `mesh` |
//!
//! `cargo xtask tidy` fails when a floor reaches upwards.

pub mod cluster;
pub mod mesh;
pub mod terminal;
