//! What is asked of a deletion, as plain values.

use mesh_model::change::DryRun;

use super::selector::Selector;

/// A deletion.
pub struct Request {
    /// The secrets that are deleted.
    pub selectors: Vec<Selector>,
    /// The Istio namespace.
    pub namespace: String,
    /// True if a selector that matches no secret is no error.
    pub ignore_not_found: bool,
    /// The tokens to revoke, if any.
    pub revocation: Option<Revocation>,
    /// The extent of the request: a dry run, or writes.
    pub dry_run: DryRun,
}

/// The tokens that may be revoked: those of one ServiceAccount.
pub struct Revocation {
    /// The namespace of the account.
    pub namespace: String,
    /// Its name.
    pub account: String,
}
