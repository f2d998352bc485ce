//! Which token Secrets follow one another in the clusters that issued them, and which secrets of holders have their tokens.
//!
//! `entries` finds the tokens in what was read, `issuer` the cluster that accepts each of them, `registry` the chain of its Secrets
//! and the secrets that are part of its rotation; `rotations` sorts them. What stays as it is, and why: `skipped`, `unrecorded`.
//! What stands in the way: `obstacles`. Nothing is written here.

mod due;
mod entries;
mod issuer;
mod obstacles;
mod registry;
mod rotations;
mod skipped;
mod unrecorded;

pub(super) use entries::{Entries, is_server_given, tokens_of};
pub(super) use obstacles::{conflicts, is_left_out, obstacles};
pub(super) use registry::Registry;
pub(super) use rotations::{Rotations, rotations};
