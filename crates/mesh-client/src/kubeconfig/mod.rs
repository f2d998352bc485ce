//! Kubeconfig files: finding, reading and merging them, and taking one entry out.
//!
//! What a text says is for [`mesh_model::kubeconfig`] to know. The environment comes in as values. Nothing here connects, and no message shows what a file holds but names.

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
