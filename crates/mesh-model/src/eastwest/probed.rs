//! The tests of the gateways of one cluster: the questions, and the verdicts on the answers that a snapshot has.

use super::probe_plan::plan;
use super::verdict::verdicts;
use super::{Check, ClusterSnapshot, Exposure, Gateway, Planned, Verdict, config_clusters};
use crate::probe::{Answer, GatewayProbe, Question};
use crate::read::Read;

/// The tests of the gateways of one cluster.
pub struct GatewayTests<'a> {
    cluster: &'a ClusterSnapshot,
    gateways: &'a [Gateway],
    planned: Vec<Vec<Planned>>,
}

impl<'a> GatewayTests<'a> {
    /// Plans the tests of these gateways of a cluster, by its own objects alone: no other cluster needs to be read for it.
    pub fn new(cluster: &'a ClusterSnapshot, gateways: &'a [Gateway]) -> Self {
        let configured = config_clusters(cluster, []);
        let planned = gateways.iter().map(|gateway| {
            let exposure = Exposure::of(gateway, cluster, &configured);
            plan(gateway, &exposure, cluster)
        });
        Self {
            cluster,
            gateways,
            planned: planned.collect(),
        }
    }

    /// Returns all questions, in the order of the gateways.
    pub fn questions(&self) -> Vec<Question> {
        let planned = self.planned.iter().flatten();
        planned.flat_map(questions).cloned().collect()
    }

    /// Returns whether a gateway closed the connection to a workload behind it, which a policy for mutual TLS may explain.
    pub fn is_hung_up(&self, probes: &[GatewayProbe]) -> bool {
        let planned = self.planned.iter().flatten();
        let mut sidecars = planned.filter(|one| one.check == Check::Sidecar);
        sidecars.any(|one| answers(one, probes).contains(&Answer::Closed))
    }

    /// Returns the verdicts on the answers in the snapshot, for each gateway; none if nothing was asked. `exposures` are those of the
    /// gateways.
    pub fn verdicts(&self, exposures: &[Exposure<'_>]) -> Vec<Vec<Verdict>> {
        let Some(probes) = self.cluster.gateway_probes.seen() else {
            return self.gateways.iter().map(|_| Vec::new()).collect();
        };
        let policies = &self.cluster.peer_authentications;
        let policies = Some(policies).filter(|read| !matches!(read, Read::NotAsked));
        let all = self.gateways.iter().zip(exposures).zip(&self.planned);
        all.map(|((gateway, exposure), planned)| {
            let answers = planned.iter().map(|one| answers(one, probes));
            let answers: Vec<Vec<Answer>> = answers.collect();
            verdicts(planned, &answers, gateway, exposure, self.cluster, policies)
        })
        .collect()
    }
}

fn questions(planned: &Planned) -> impl Iterator<Item = &Question> {
    let asked = planned.asked.iter().flatten();
    asked.map(|(question, _)| question)
}

/// Returns the answers to the questions of one test, in their order.
fn answers(planned: &Planned, probes: &[GatewayProbe]) -> Vec<Answer> {
    let answer = |question: &Question| {
        let mut probes = probes.iter();
        let found = probes.find(|probe| probe.question == *question)?;
        Some(found.answer.clone())
    };
    questions(planned).map_while(answer).collect()
}
