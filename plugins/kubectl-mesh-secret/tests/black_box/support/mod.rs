//! What the black-box tests share.

mod mesh;
mod objects;
mod paste;
mod tokens;
mod watched;
mod world;

pub(crate) use mesh::{Mesh, NAMESPACE, SECRET, USUAL};
pub(crate) use objects::{istiod, namespace};
pub(crate) use paste::paste;
pub(crate) use tokens::{token_from_to, token_of};
pub(crate) use watched::{CLUSTERZ, LINE, METRICS, SHORT, Watched};
pub(crate) use world::{PLUGIN, World, add_reader, decoded, golden_file, reader_token};
