//! The checks that compare whole clusters. Those of labels, gateways and secrets are in [`crate::statements`],
//! [`crate::eastwest`] and [`crate::secret`], since other verbs make them as well.

mod cacerts;
mod clusters;
mod clusterz;
mod control_plane;
mod identity;
mod istiod_view;
mod networks;
mod networkz;
mod overlap;
mod stale_address;
mod trust;

pub(super) use cacerts::{ca_certs, own_roots};
pub(super) use clusters::{same_clusters, unreachable};
pub(super) use control_plane::{istiods, mesh_ids, versions};
pub(super) use identity::cluster_ids;
pub(super) use istiod_view::{changes, istiod_views};
pub(super) use networks::networks_without_gateway;
pub(super) use overlap::overlaps;
pub(super) use trust::roots;
