//! All cases.

use mesh_testkit::pki::CertificateAuthority;

use super::case::Case;
use super::{clusters, documents, shapes, users, wiring};

/// Every kind of secret; the certificates in them are of this authority.
pub(crate) fn all(ca: &CertificateAuthority) -> Vec<Case> {
    [
        wiring::wiring(),
        users::users(ca),
        clusters::clusters(ca),
        clusters::files(),
        shapes::shapes(),
        documents::documents(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
