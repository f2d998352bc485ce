//! `rotate`: another token for every holder of a remote cluster, and the end of the old one once nobody needs it.
//!
//! Three rooms over the types in `model`: `chain` (which token Secrets follow one another, and who has their tokens), `adoption`
//! (which istiods have picked up a new token) and `steps` (what is planned, written and revoked). `observe` reads the clusters,
//! and `holder_secret` alone writes in those that hold secrets.

mod adoption;
mod args;
mod chain;
mod holder_secret;
mod model;
mod observe;
mod resolve;
mod steps;
mod verb;

pub(crate) use args::RotateArgs;
pub(crate) use verb::run;
