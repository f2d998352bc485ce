//! Whether istiod would take a kubeconfig out of a remote secret, and if not, why.
//!
//! The order is istiod's own (`NewUntrustedRestConfig` in Istio's `pkg/kube/util.go`): load, validate as clientcmd does,
//! deny the ways to authenticate that read files or run programs, make a client. Every rule is held against a real istiod
//! by `tests/e2e/tests/istiod_rules`. What lies on istiod's own disk cannot be seen from here and is taken to be there.

mod client;
mod config;
mod denied;
mod schema;
#[cfg(test)]
mod tests;
mod valid;
mod verdict;

pub use verdict::{Refusal, verdict};
