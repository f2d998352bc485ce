//! What the black-box tests share.

mod world;

pub(crate) use world::{World, golden_file, namespace, service};
