//! The rules by which istiod accepts or refuses the kubeconfig in a remote secret.
//!
//! The order is istiod's own (`NewUntrustedRestConfig` in Istio's `pkg/kube/util.go`): load and validate as clientcmd
//! does (`mesh::kubeconfig`), deny authentication methods that read files or run programs, create a client.
//! `tests/e2e/tests/istiod_rules` runs every rule against a real istiod. Files on istiod's own disk are not visible
//! from here and are assumed to exist.

mod client;
mod denied;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use verdict::judge_with;
pub use verdict::{Refusal, judge, verdict};
