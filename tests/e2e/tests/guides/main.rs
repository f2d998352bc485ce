//! The guides under `docs/` lead to a mesh: their commands are run as written, for each way to install, on real clusters with
//! the real kubectl, istioctl and helm, and the real istiods are asked what came of it.
//!
//! What the lab adds is what a provider does ([`mesh_e2e::cloud`]).

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod mesh;
mod page;
mod pair;
mod shell;

use mesh::istiods_read_each_other;
use page::Tab;
use pair::follow;

#[test]
fn multi_primary_with_istioctl() {
    follow("multi-primary.md", Tab::Istioctl, istiods_read_each_other);
}

#[test]
fn multi_primary_with_helm() {
    follow("multi-primary.md", Tab::Helm, istiods_read_each_other);
}
