//! Remote secrets: issuing them for one cluster, exchanging them between all clusters of a mesh, deleting them, using their
//! credentials, and what all work on token Secrets shares.

pub mod amend;
pub mod delete;
pub mod exchange;
pub mod identity;
pub mod issue;
pub mod presenter;
pub mod probe;
pub mod remote;
mod rights;
pub mod token_request;
pub mod token_secret;
