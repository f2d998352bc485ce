//! Waits until the istiods of a holder have picked up a new token: their pages are read before the secret is written, and after it
//! until all of them have it. It writes nothing but the same kubeconfig once more, where an istiod needs a reason to read it again.
//!
//! An istiod that answered before is waited for, whatever it does meanwhile; one that did not is not: most likely that is for
//! good, as where the right to forward ports is missing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::istiod::{Istiod, IstiodPod, istiod_pods};
use mesh_common::client::{Interrupt, fan_out};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_common::model::istiod_pages::{RotationBug, known_clusters, rotation_bug, secret_metrics};
use mesh_common::model::names::FIELD_MANAGER;
use mesh_common::model::token_swap::touched;
use tokio::time::{Instant, sleep};

use super::progress::{IstiodState, Progress, WrittenSecret, progress};
use super::verdict::{Notice, SecretRef, Verdict};
use crate::rotate::holder_secret::rewrite;
use crate::rotate::model::{ClusterState, HolderSecret, Obstacle, Request, TokenEntry};

/// The time in which one istiod has to answer, where there is as much.
const ANSWER: Duration = Duration::from_secs(10);
const SHORTEST_ANSWER: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);
/// The counter rises a moment before istiod works on what it has heard, so that one look is not enough.
const LOOKS: u32 = 2;

/// The istiods of one holder.
pub(crate) struct Watch<'a> {
    holder: &'a ClusterState,
    request: &'a Request,
    /// Name of the holder's secret.
    secret: String,
    /// The number of events that each process had counted before the secret was written.
    baseline: BTreeMap<Process, u64>,
    /// The processes that did not answer then, and why.
    unanswered: BTreeMap<Process, Error>,
    /// The reason why not even their pods are known.
    pods_unlistable: Option<Error>,
}

/// A pod's name and UID, and how often its containers were started again: together one process.
type Process = (String, String, i32);

fn process(pod: &IstiodPod) -> Process {
    (pod.name.clone(), pod.uid.clone(), pod.restarts)
}

/// The result of one look at all istiods of a holder.
#[derive(Default)]
struct Round {
    /// Pods whose istiods have not picked it up, and what these say.
    pending: Vec<(String, String)>,
    /// The reasons why some do not answer at the moment.
    unanswered: Vec<Error>,
    /// True if some had no number to compare with until now.
    lacks_baseline: bool,
    /// Obstacles that waiting does not remove.
    permanent: Vec<Obstacle>,
    notices: Vec<Notice>,
}

impl<'a> Watch<'a> {
    /// Reads the counters as they are now. That an istiod does not answer is no error.
    pub(crate) async fn start(
        request: &'a Request,
        holder: &'a ClusterState,
        entry: &TokenEntry,
    ) -> Self {
        let mut watch = Self {
            holder,
            request,
            secret: entry.name().to_owned(),
            baseline: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            pods_unlistable: None,
        };
        match watch.look().await {
            Ok(looks) => {
                for (pod, state) in looks {
                    let process = process(&pod);
                    match state {
                        Ok(state) => drop(watch.baseline.insert(process, state.metrics.events)),
                        Err(error) => drop(watch.unanswered.insert(process, error)),
                    }
                }
            }
            Err(error) => watch.pods_unlistable = Some(error),
        }
        watch
    }

    /// Discards the counters: what they have to rise above was not written now.
    pub(crate) fn discard_baseline(&mut self) {
        self.baseline.clear();
    }

    /// Waits until every istiod that answers has picked up what was written, or the time is over.
    ///
    /// # Errors
    /// Ctrl-C, and a secret that cannot be written once more.
    pub(crate) async fn wait_until_picked_up(
        mut self,
        interrupt: &Interrupt,
        holder: &HolderSecret,
        written: &Secret,
    ) -> Result<Verdict, Error> {
        if let Some(error) = self.pods_unlistable.take() {
            return Ok(self.verdict(Round {
                unanswered: vec![error],
                ..Round::default()
            }));
        }
        let deadline = Instant::now() + self.request.wait;
        let secret = format!("{}/{}", self.request.namespace, self.secret);
        let (mut at, mut in_a_row) = (written_at(written), 0);
        loop {
            let round = self.round(WrittenSecret {
                cluster: &holder.entry.key,
                secret: &secret,
                at,
            });
            let round = interrupt.or(async { Ok(round.await) }).await?;
            let is_done = round.pending.is_empty() && round.unanswered.is_empty();
            in_a_row = if is_done { in_a_row + 1 } else { 0 };
            let is_over = in_a_row >= LOOKS || (!is_done && Instant::now() >= deadline);
            if is_over || !round.permanent.is_empty() {
                return Ok(self.verdict(round));
            }
            if round.lacks_baseline {
                at = self.touch(interrupt, holder).await?;
            }
            let pause = async {
                sleep(BETWEEN_LOOKS).await;
                Ok(())
            };
            interrupt.or(pause).await?;
        }
    }

    /// Looks once, and judges.
    async fn round(&mut self, written: WrittenSecret<'_>) -> Round {
        let mut round = Round::default();
        let looks = match self.look().await {
            Ok(looks) => looks,
            Err(error) => {
                round.unanswered.push(error);
                return round;
            }
        };
        for (pod, state) in looks {
            let state = match state {
                Ok(state) => state,
                Err(error) => {
                    round.unanswered.push(error);
                    continue;
                }
            };
            let baseline = self.baseline.get(&process(&pod)).copied();
            match progress(&state, baseline, written) {
                Progress::PickedUp => round.notices.extend(self.lost_clusters(&pod, &state)),
                Progress::NotYet(why) => round.pending.push((pod.name, why)),
                Progress::NeedsRestart(version) => {
                    let obstacle = self.secret_ref().needs_restart(&pod.name, &version);
                    round.permanent.push(obstacle);
                }
                Progress::NoBaseline => {
                    self.baseline.insert(process(&pod), state.metrics.events);
                    round.lacks_baseline = true;
                    let why = "it was started a moment ago".to_owned();
                    round.pending.push((pod.name, why));
                }
            }
        }
        round
    }

    /// Asks every istiod that runs now, but those that did not answer at first.
    async fn look(&mut self) -> Result<Vec<(IstiodPod, Result<IstiodState, Error>)>, Error> {
        let namespace = &self.request.namespace;
        let mut pods = istiod_pods(&self.holder.cluster, namespace).await?;
        if pods.is_empty() {
            return Err(Error::new(
                Kind::NotFound,
                format!(
                    "no istiod runs in namespace {namespace} of context {}",
                    self.holder.context()
                ),
            ));
        }
        self.unanswered
            .retain(|known, _| pods.iter().any(|pod| process(pod) == *known));
        pods.retain(|pod| !self.unanswered.contains_key(&process(pod)));
        let looks = fan_out(pods, |pod| async {
            let state = self.ask(&pod).await;
            (pod, state)
        });
        Ok(looks.await)
    }

    async fn ask(&self, pod: &IstiodPod) -> Result<IstiodState, Error> {
        let cluster = &self.holder.cluster;
        let namespace = &self.request.namespace;
        let limit = self.request.wait.clamp(SHORTEST_ANSWER, ANSWER);
        let mut istiod = Istiod::connect(cluster, namespace, &pod.name, limit).await?;
        let unsaid = |what: &str| {
            let context = self.holder.context();
            Error::refused(format!(
                "istiod pod {} in context {context} does not say {what}",
                pod.name
            ))
        };
        // The counter first: what is listed afterwards is not older.
        let metrics = secret_metrics(&istiod.page("/metrics").await?);
        if metrics.version.is_none() {
            return Err(unsaid("which version it is of"));
        }
        let page = istiod.page("/debug/clusterz").await?;
        let clusters = known_clusters(&page).ok_or_else(|| unsaid("which clusters it knows"))?;
        Ok(IstiodState {
            started_at: pod.started_at,
            metrics,
            clusters,
        })
    }

    /// Changes the text of the kubeconfig and not its meaning, so that an istiod reads it again; returns the time at which it did.
    async fn touch(
        &self,
        interrupt: &Interrupt,
        holder: &HolderSecret,
    ) -> Result<Option<Timestamp>, Error> {
        let change = |kubeconfig: &[u8]| Ok(Some(touched(kubeconfig)));
        let written = rewrite(interrupt, &self.holder.cluster, &holder.entry, change).await?;
        Ok(written_at(&written.secret))
    }

    /// Returns what the last round came to, and all that did not answer.
    fn verdict(&self, round: Round) -> Verdict {
        let Round {
            pending,
            unanswered,
            lacks_baseline: _,
            permanent: mut obstacles,
            mut notices,
        } = round;
        let secret = self.secret_ref();
        if !pending.is_empty() && obstacles.is_empty() {
            obstacles.push(secret.timed_out(self.request.wait, &pending));
        }
        let unanswered: Vec<&Error> = unanswered.iter().chain(self.unanswered.values()).collect();
        if !unanswered.is_empty() {
            let obstacle = secret.unanswered(&unanswered);
            if self.request.revoke_unseen {
                notices.push(Notice {
                    text: obstacle.reason,
                    fix: None,
                });
            } else {
                obstacles.push(obstacle);
            }
        }
        Verdict { obstacles, notices }
    }

    fn lost_clusters(&self, pod: &IstiodPod, state: &IstiodState) -> Option<Notice> {
        let version = state.metrics.version.as_deref()?;
        let loses = rotation_bug(version) == Some(RotationBug::LosesOthers);
        loses.then(|| self.secret_ref().loses_others(&pod.name, version))
    }

    fn secret_ref(&self) -> SecretRef<'_> {
        SecretRef {
            secret: &self.secret,
            context: self.holder.context(),
            namespace: &self.request.namespace,
            kubectl: self.holder.cluster.target().kubectl(),
        }
    }
}

/// Returns the time at which our manager wrote to it last.
fn written_at(secret: &Secret) -> Option<Timestamp> {
    let entries = secret.metadata.managed_fields.iter().flatten();
    let ours = entries.filter(|entry| {
        let fields = entry.fields_v1.as_ref();
        entry.manager.as_deref() == Some(FIELD_MANAGER)
            && fields.is_some_and(|fields| fields.0.get("f:data").is_some())
    });
    ours.filter_map(|entry| entry.time.as_ref().map(|time| time.0))
        .max()
}
