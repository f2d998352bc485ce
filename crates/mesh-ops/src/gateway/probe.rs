//! Tests the ports of a cluster's gateways, all at once.

use std::time::Duration;

use mesh_client::probe::ask_all;
use mesh_client::{Cluster, Selection};
use mesh_model::eastwest::{ClusterSnapshot, Gateway, GatewayTests};
use mesh_model::error::Error;
use mesh_model::probe::GatewayProbe;
use mesh_model::read::Read;
use mesh_model::resources::PeerAuthentication;

use crate::snapshot::SlimReads;

/// Adds the answers of the ports of these gateways to the snapshot, with at most `limit` for each answer; and where a gateway closed a
/// connection to a workload, the policies for mutual TLS.
///
/// # Errors
/// A cluster that is no longer reachable when its mutual TLS policies are read.
pub(super) async fn probe(
    cluster: &Cluster,
    facts: &mut ClusterSnapshot,
    gateways: &[Gateway],
    limit: Duration,
) -> Result<(), Error> {
    let tests = GatewayTests::new(facts, gateways);
    let questions = tests.questions();
    let asking = async {
        let answers = ask_all(questions.clone(), limit).await;
        let probes = questions.iter().cloned().zip(answers);
        let probes = probes.map(|(question, answer)| GatewayProbe { question, answer });
        Read::Seen(probes.collect::<Vec<GatewayProbe>>())
    };
    let probes = cluster.in_time(asking).await;
    let is_hung_up = tests.is_hung_up(probes.items());
    facts.gateway_probes = probes;
    if is_hung_up {
        facts.peer_authentications = policies(cluster).await?;
    }
    Ok(())
}

async fn policies(cluster: &Cluster) -> Result<Read<Vec<PeerAuthentication>>, Error> {
    let reads = SlimReads::new(cluster);
    let policies = reads.list(None, &Selection::default()).await;
    reads.reached()?;
    Ok(policies)
}
