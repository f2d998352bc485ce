//! The checks that compare whole clusters. Those of labels, gateways and secrets are in [`crate::statements`],
//! [`crate::eastwest`] and [`crate::secret`], since other verbs make them as well.

mod cacerts;
mod clocks;
mod clusters;
mod clusterz;
mod control_plane;
mod discovery;
mod identity;
mod istiod_view;
mod mesh_networks;
mod networks;
mod networkz;
mod no_istiod;
mod overlap;
mod proxies;
mod root_config_map;
mod stale_address;
mod trust;
mod trust_domain;

pub(super) use cacerts::{ca_certs, other_authority, own_roots, shared_keys};
pub(super) use clocks::clocks;
pub(super) use clusters::{same_clusters, unreachable};
pub(super) use control_plane::{istiods, mesh_ids, root_namespaces, rotation_bugs, versions};
pub(super) use discovery::hidden_namespaces;
pub(super) use identity::cluster_ids;
pub(super) use istiod_view::{changes, istiod_views};
pub(super) use mesh_networks::mesh_networks;
pub(super) use networks::{networks_without_gateway, one_network_with_gateways};
pub(super) use overlap::overlaps;
pub(super) use proxies::gateway_proxies;
pub(super) use root_config_map::root_config_maps;
pub(super) use trust::roots;
pub(super) use trust_domain::trust_domains;
