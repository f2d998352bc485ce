//! A source cluster and the clusters that are to hold a secret for it: what both have, what is missing, the credential,
//! its try-out, and the secret in each holder.
//!
//! `create` goes through it for one source, `exchange` for every cluster of a mesh. Only `credential`, `amend` and `mint` write in
//! the source, and only `give` in the holders.

pub(crate) mod accepted;
pub(crate) mod amend;
pub(crate) mod candidates;
pub(crate) mod claim;
pub(crate) mod credential;
pub(crate) mod give;
pub(crate) mod holders;
pub(crate) mod identity;
mod kept;
pub(crate) mod mint;
pub(crate) mod names;
pub(crate) mod observe;
mod options;
mod packed;
pub(crate) mod plan;
pub(crate) mod reach;
mod recorded;
mod run;
mod standing;
mod try_out;

pub(crate) use options::{Auth, Options, TokenOptions};
pub(crate) use packed::Pool;
pub(crate) use plan::TokenPlan;
pub(crate) use run::{Run, Wanted};
