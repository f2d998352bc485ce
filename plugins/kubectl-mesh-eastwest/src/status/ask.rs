//! Asking the ports of what was found, and Kubernetes why something is missing. Read only.

use std::time::Duration;

use mesh_common::client::Cluster;
use mesh_common::client::eastwest::{events, probe};
use mesh_common::model::Error;
use mesh_common::model::eastwest::{ClusterFacts, Gateway};

use super::report::Seen;

/// Bound on an answer unless somebody says otherwise.
pub(crate) const ANSWER: Duration = Duration::from_secs(3);

/// Asks the gateways of a cluster, no answer taking longer than `limit`; without one nothing is dialled.
pub(crate) async fn ask(
    cluster: &Cluster,
    (mut facts, gateways): (ClusterFacts, Vec<Gateway>),
    limit: Option<Duration>,
) -> Result<Seen, Error> {
    facts.events = events(cluster, &gateways).await?;
    let verdicts = match limit {
        Some(limit) => probe(cluster, &facts, &gateways, limit).await?,
        None => gateways.iter().map(|_| Vec::new()).collect(),
    };
    Ok(Seen {
        facts,
        gateways: gateways.into_iter().zip(verdicts).collect(),
    })
}
