//! Two clusters with a gateway each, and what stands behind it: healthy until a test breaks something.

mod addresses;
mod world;

pub(crate) use addresses::{annotated, node, of_type};
pub(crate) use world::{Scene, golden_file};
