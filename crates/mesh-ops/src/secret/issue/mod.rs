//! Secrets that give access to one remote cluster: what it and the clusters that are to hold a secret for it have, what is missing,
//! the credential, its first use, and the secret in each holder.
//!
//! `exchange` goes through it for every cluster of a mesh. Only `credential` and `mint` write in the remote cluster, and only
//! `write` in the holders; `record` notes in the remote cluster who holds its tokens.

pub(crate) mod candidates;
pub(crate) mod claim;
pub(crate) mod cluster_name;
pub(crate) mod credential;
mod explain;
mod fallback;
pub(crate) mod holder;
mod job;
mod mint;
pub(crate) mod observe;
mod options;
pub(crate) mod packed;
pub(crate) mod plan;
pub(crate) mod planned;
pub(crate) mod reach;
mod record;
pub(super) mod recorded;
pub(crate) mod remote;
mod reuse;
mod surroundings;
mod token_status;
mod verify;
pub(crate) mod write;

pub use job::{Issue, Issued, Request};
pub use options::{Auth, Options, TokenOptions};
