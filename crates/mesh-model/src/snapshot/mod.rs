//! The objects of all clusters as they were read at one moment, in a form that a file can hold: checks are functions of it.
//!
//! Every part is a [`crate::read::Read`], so that what was not seen keeps its reason. A newer version reads the file of an older
//! one: unknown fields are ignored, and missing ones were not asked for. Secrets are facts ([`crate::secret::SecretFacts`]): no
//! token, key or kubeconfig is in it.

mod asked;
mod asked_istiod;
mod by_name;
mod cluster;
mod credential_checks;
mod cut;
mod file;
pub(crate) mod kept;
mod mesh;
mod narrowed;
mod slim;
#[cfg(test)]
mod tests;

pub use asked::{Asked, KnownContext};
pub use asked_istiod::AskedIstiod;
pub use cluster::ClusterSnapshot;
pub(crate) use credential_checks::by_holder;
pub use credential_checks::{CheckedCredential, CredentialPlace};
pub use cut::CutList;
pub use mesh::{DuplicateContext, MeshSnapshot};
pub use slim::Slim;
