//! Reads a cluster and finds its gateways.

use std::time::Duration;

use futures::future::join_all;
use mesh_client::Cluster;
use mesh_client::probe::resolve;
use mesh_model::Error;
use mesh_model::eastwest::{ClusterSnapshot, Gateway};

use crate::snapshot::{self, Wanted, WantedGateways};

/// The gateways to look for, and the limit for DNS.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Istio's namespace.
    pub namespace: &'a str,
    /// The only gateway to look for, labelled or not; `None` for all.
    pub name: Option<&'a str>,
    /// The limit for resolving a host name.
    pub dns: Duration,
}

/// Reads a cluster and finds the gateways.
///
/// # Errors
/// An unreachable cluster. Failed reads, and kinds that do not exist, are part of the facts.
pub async fn observe(
    cluster: &Cluster,
    look: Look<'_>,
) -> Result<(ClusterSnapshot, Vec<Gateway>), Error> {
    let wanted = Wanted {
        gateways: Some(WantedGateways { name: look.name }),
        ..Wanted::identity(look.namespace)
    };
    let facts = snapshot::read(cluster, wanted).await?.snapshot;
    let mut gateways = Gateway::all(&facts);
    gateways.retain(|gateway| look.name.is_none_or(|name| gateway.name == name));
    let addresses = gateways
        .iter_mut()
        .flat_map(|gateway| &mut gateway.addresses);
    let names = addresses.filter(|address| address.resolved.is_empty());
    join_all(names.map(|address| async {
        address.resolved = resolve(&address.value, look.dns).await;
    }))
    .await;
    Ok((facts, gateways))
}
