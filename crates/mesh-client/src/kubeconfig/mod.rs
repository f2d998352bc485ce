//! Kubeconfig files: finding, reading and merging them, and selecting one entry.
//!
//! [`mesh_model::kubeconfig`] parses the text. Values of the environment are parameters. Nothing here connects, and no
//! message contains more of a file than names.

mod direct;
mod entry;
mod hidden;
mod in_cluster;
mod load;
mod resolve;
#[cfg(test)]
mod tests;

pub use direct::Direct;
pub use in_cluster::InCluster;
pub use load::Kubeconfig;
pub use resolve::Overrides;
