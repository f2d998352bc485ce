//! The objects of all clusters as they were read at one moment, in a form that a file can hold: checks are functions of it.
//!
//! Every part is a [`crate::read::Read`], so that what was not seen keeps its reason. A newer version reads the file of an older
//! one: unknown fields are ignored, and missing ones were not asked for. Secrets are facts ([`crate::secret::SecretFacts`]): no
//! token, key or kubeconfig is in it.

mod by_name;
mod cluster;
pub(crate) mod kept;
mod mesh;
mod slim;
#[cfg(test)]
mod tests;

pub use cluster::ClusterSnapshot;
pub use mesh::{DuplicateContext, MeshSnapshot};
pub use slim::Slim;
