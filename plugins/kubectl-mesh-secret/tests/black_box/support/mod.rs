//! What the black-box tests share.

mod objects;
mod world;

pub(crate) use objects::{istiod, namespace};
pub(crate) use world::{World, golden_file};
