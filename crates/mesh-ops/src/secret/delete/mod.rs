//! Deleting remote secrets in the clusters that hold them, and revoking their tokens, whether or not the clusters that they give
//! access to still exist.
//!
//! `observe` reads all clusters at once, `plan` says which secrets are deleted (pure). For a revocation `backing` reads the Secrets
//! that revoke the tokens and asks the remote clusters, and `plan_revoke` says which tokens are revoked where (pure). `apply`
//! has the writes.

mod apply;
mod backing;
mod clusters;
mod job;
mod observe;
mod plan;
mod plan_revoke;
mod remaining;
mod request;
mod selector;
mod token;

pub use clusters::{Clusters, Holders};
pub use job::{Deletion, delete, prepare};
pub use observe::{ClusterSecrets, DeleteState, observe};
pub use request::{Request, Revocation};
pub use selector::Selector;
