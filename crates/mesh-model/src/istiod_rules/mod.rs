//! Whether istiod would take a kubeconfig out of a remote secret, and if not, why.
//!
//! The order is istiod's own (`NewUntrustedRestConfig` in Istio's `pkg/kube/util.go`): load and validate as clientcmd does
//! (`mesh::kubeconfig`), deny the ways to authenticate that read files or run programs, make a client. Every rule is held against a real istiod
//! by `tests/e2e/tests/istiod_rules`. What lies on istiod's own disk cannot be seen from here and is taken to be there.

mod client;
mod denied;
#[cfg(test)]
mod tests;
mod verdict;

pub use verdict::{Refusal, judge, verdict};
