//! Checks of the Secret cacerts, by which istiod signs with an intermediate CA of the mesh's root.

mod across;
mod judge;
mod own_roots;
#[cfg(test)]
mod tests;

pub(in crate::verify) use across::{other_authority, shared_keys};
pub(in crate::verify) use judge::ca_certs;
pub(super) use judge::signs_itself;
pub(in crate::verify) use own_roots::own_roots;
