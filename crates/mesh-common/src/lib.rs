//! The one crate that every `kubectl mesh-*` plugin names: the layers below it, each a crate of its own.
//!
//! | module | crate | owns | may use |
//! |---|---|---|---|
//! | [`model`] | `mesh-model` | Istio's multi-cluster rules as plain data and pure functions | nothing of ours |
//! | [`client`] | `mesh-client` | Kubernetes: kubeconfig, credentials, connections, reads and writes | `model` |
//! | [`ops`] | `mesh-ops` | jobs on clusters: read, plan, write | `client`, `model` |
//! | [`terminal`] | `mesh-terminal` | people: flags, the entry point, rendering, prompts, logs | all of these |

pub use mesh_client as client;
pub use mesh_model as model;
pub use mesh_ops as ops;
pub use mesh_terminal as terminal;
