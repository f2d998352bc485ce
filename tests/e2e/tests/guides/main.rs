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

use mesh::{
    gateways_are_injected, gateways_are_listed, gateways_are_programmed, istiods_read_each_other,
};
use mesh_e2e::cloud::Hosted;
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

#[test]
fn several_networks_with_istioctl() {
    follow(
        "multi-primary-multi-network.md",
        Tab::Istioctl,
        several_networks,
    );
}

#[test]
fn several_networks_with_helm() {
    follow(
        "multi-primary-multi-network.md",
        Tab::Helm,
        several_networks,
    );
}

#[test]
fn ambient_with_istioctl() {
    follow("ambient-multi-network.md", Tab::Istioctl, ambient);
}

#[test]
fn ambient_with_helm() {
    follow("ambient-multi-network.md", Tab::Helm, ambient);
}

fn several_networks(clusters: &[Hosted; 2]) {
    istiods_read_each_other(clusters);
    gateways_are_injected(clusters);
    gateways_are_listed(clusters, "Port", 15443);
}

fn ambient(clusters: &[Hosted; 2]) {
    istiods_read_each_other(clusters);
    gateways_are_programmed(clusters);
    gateways_are_listed(clusters, "HBONEPort", 15008);
}
