//! The guides under `docs/` lead to a mesh: their commands are run as written, for each way to install, on real clusters with
//! the real kubectl, istioctl and helm, and the real istiods are asked what came of it.
//!
//! What the lab adds is what a provider does ([`mesh_e2e::cloud`]).

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod index;
mod mesh;
mod page;
mod pair;
mod shell;

use mesh::{
    gateways_are_injected, gateways_are_listed, gateways_are_programmed, istiods_read_each_other,
    verify_reports,
};
use pair::follow;

#[test]
fn multi_primary() {
    follow("multi-primary.md", |clusters| {
        istiods_read_each_other(clusters);
        verify_reports(clusters, &["cacerts-absent"]);
    });
}

#[test]
fn several_networks() {
    follow("multi-primary-multi-network.md", |clusters| {
        istiods_read_each_other(clusters);
        gateways_are_injected(clusters);
        gateways_are_listed(clusters, "Port", 15443);
        verify_reports(clusters, &["cacerts-absent"]);
    });
}

#[test]
fn ambient() {
    follow("ambient-multi-network.md", |clusters| {
        istiods_read_each_other(clusters);
        gateways_are_programmed(clusters);
        gateways_are_listed(clusters, "HBONEPort", 15008);
        verify_reports(clusters, &["cacerts-absent"]);
    });
}
