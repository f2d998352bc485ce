//! Reads and tests the clusters of a mesh for `mesh_model::verify`. Nothing is judged here, and nothing is written.

mod cluster;
mod credentials;
mod mesh;

pub use cluster::{Depth, Stage, read_member};
pub use mesh::{ReadMesh, observed};
