//! Remote secrets: issuing them for one cluster, exchanging them between all clusters of a mesh, and what all work on token
//! Secrets shares.

pub mod amend;
pub mod exchange;
pub mod identity;
pub mod issue;
pub mod presenter;
mod steps;
pub mod token_request;
pub mod token_secret;
