//! The file of a mesh: its clusters, their roles, and who reads whom.
//!
//! It has everything with which a mesh is installed. Here only what tells the clusters of the mesh apart is read, and other keys are
//! left alone.

mod mesh;
mod node;
mod read;
#[cfg(test)]
mod tests;

pub use mesh::{ExpectedPair, Role, Topology, TopologyCluster};
