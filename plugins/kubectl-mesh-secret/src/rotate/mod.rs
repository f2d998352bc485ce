//! `rotate`: another token for every holder of a source, and the end of the old one once nobody needs it.
//!
//! Read every cluster of the kubeconfig (`observe`), find the cluster that accepts each token and the Secret that the token ends
//! with (`registry`, `lineage`; `skipped` are the others, `unknown` holders that get nothing), decide which
//! tokens are due and what stands in the way of revoking them (`plan`, `due`), then, token by token: make the new one
//! (`successor`), write it to each holder (`swap`), see each istiod take it (`watch`, `taken`, `verdict`), and end the old one (`revoke`). Each
//! step does nothing where it was done before, so that a second run completes an interrupted one.

mod args;
mod due;
mod entries;
mod lineage;
mod observe;
mod plan;
mod registry;
mod resolve;
mod revoke;
mod skipped;
mod steps;
mod successor;
mod swap;
mod taken;
mod unknown;
mod verb;
mod verdict;
mod watch;

pub(crate) use args::RotateArgs;
pub(crate) use verb::run;
