//! A cluster made of real processes: how each is started, and when the whole is ready.
//!
//! It must not know who asked for it.

mod api;
mod control_plane;
mod files;
mod istiod;
mod nodes;
mod proxy;
mod running;

pub(super) use running::{Cluster, Means};
