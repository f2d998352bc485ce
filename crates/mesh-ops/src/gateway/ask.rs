//! Asks the ports of gateways that were found, and Kubernetes for the events of what is missing. Read only.

use std::time::Duration;

use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::eastwest::{ClusterSnapshot, Gateway};

use super::events::events;
use super::probe::probe;

/// The default limit for an answer.
pub const ANSWER: Duration = Duration::from_secs(3);

/// Asks the gateways of a cluster, and adds the answers to its snapshot; no answer takes longer than `limit`; without a limit nothing is dialled.
///
/// # Errors
/// A cluster that is not reached any more.
pub async fn ask(
    cluster: &Cluster,
    (mut facts, gateways): (ClusterSnapshot, Vec<Gateway>),
    limit: Option<Duration>,
) -> Result<ClusterSnapshot, Error> {
    facts.events = events(cluster, &gateways).await?;
    if let Some(limit) = limit {
        probe(cluster, &mut facts, &gateways, limit).await?;
    }
    Ok(facts)
}
