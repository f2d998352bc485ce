//! Tests the ports of a cluster's gateways, all at once.

use std::time::Duration;

use mesh_client::probe::ask_all;
use mesh_client::{Cluster, Selection};
use mesh_model::eastwest::{
    Check, ClusterSnapshot, Exposure, Gateway, Planned, Verdict, plan, verdicts,
};
use mesh_model::error::Error;
use mesh_model::probe::{Answer, Question};
use mesh_model::read::Read;
use mesh_model::resources::PeerAuthentication;

/// Returns the results for the ports of each gateway, with at most `limit` for each answer; in the order of the
/// gateways.
///
/// # Errors
/// A cluster that is no longer reachable when its mutual TLS policies are read.
pub(super) async fn probe(
    cluster: &Cluster,
    facts: &ClusterSnapshot,
    gateways: &[Gateway],
    limit: Duration,
) -> Result<Vec<Vec<Verdict>>, Error> {
    let exposures: Vec<Exposure> = gateways
        .iter()
        .map(|gateway| Exposure::of(gateway, facts))
        .collect();
    let planned: Vec<Vec<Planned>> = gateways
        .iter()
        .zip(&exposures)
        .map(|(gateway, exposure)| plan(gateway, exposure, facts))
        .collect();
    let to_ask = planned.iter().flatten().flat_map(questions).collect();
    let mut all = ask_all(to_ask, limit).await.into_iter();
    let answers: Vec<Vec<Vec<Answer>>> = planned
        .iter()
        .map(|planned| {
            let answers = planned
                .iter()
                .map(|one| all.by_ref().take(questions(one).len()).collect());
            answers.collect()
        })
        .collect();
    let hung_up = planned
        .iter()
        .flatten()
        .zip(answers.iter().flatten())
        .any(|(one, answers)| one.check == Check::Sidecar && answers.contains(&Answer::Closed));
    let policies = if hung_up {
        Some(policies(cluster).await?)
    } else {
        None
    };
    let judged = gateways
        .iter()
        .zip(&exposures)
        .zip(planned.iter().zip(&answers));
    Ok(judged
        .map(|((gateway, exposure), (planned, answers))| {
            verdicts(
                planned,
                answers,
                gateway,
                exposure,
                facts,
                policies.as_ref(),
            )
        })
        .collect())
}

async fn policies(cluster: &Cluster) -> Result<Read<Vec<PeerAuthentication>>, Error> {
    let reads = cluster.reads();
    let policies = reads.list(None, &Selection::default()).await;
    reads.reached()?;
    Ok(policies)
}

fn questions(planned: &Planned) -> Vec<Question> {
    let asked = planned.asked.iter().flatten();
    asked.map(|(question, _)| question.clone()).collect()
}
