//! What is there in a cluster of gateways and control planes, and what is to be exposed there.
//!
//! Shared by the verbs that read a cluster. `observe` is the only one that reads, and nothing here writes.

mod asked;
mod control_plane;
mod derive;
mod gateway;
mod observe;

pub(crate) use asked::{Asked, AskedIstiod};
pub(crate) use derive::{istiod, services};
pub(crate) use observe::{Live, Place, observe};
