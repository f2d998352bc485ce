//! Reads a cluster and finds its gateways.

use std::collections::BTreeSet;
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
        parts: &[&WantedGateways { name: look.name }],
        ..Wanted::identity(look.namespace)
    };
    let facts = Box::pin(snapshot::read(cluster, wanted)).await?.snapshot;
    Ok(located(facts, look.name, look.dns).await)
}

/// Finds the gateways of a cluster that was read, or the one of this name, and resolves their host names into the snapshot, which
/// may take as long as `dns`.
pub async fn located(
    mut facts: ClusterSnapshot,
    name: Option<&str>,
    dns: Duration,
) -> (ClusterSnapshot, Vec<Gateway>) {
    let gateways = Gateway::found(&facts, name);
    let addresses = gateways.iter().flat_map(|gateway| &gateway.addresses);
    let names = addresses.filter(|address| address.resolved.is_empty());
    let names: BTreeSet<&str> = names.map(|address| address.value.as_str()).collect();
    if names.is_empty() {
        return (facts, gateways);
    }
    let resolved = names.into_iter().map(|host| async move {
        let addresses = resolve(host, dns).await;
        (host.to_owned(), addresses)
    });
    facts.resolved_names = join_all(resolved).await.into_iter().collect();
    let gateways = Gateway::found(&facts, name);
    (facts, gateways)
}
