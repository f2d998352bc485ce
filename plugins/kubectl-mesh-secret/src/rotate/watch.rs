//! Sees the istiods of a holder take a new token: their pages are read before the secret is written, and after it until all
//! of them have it. It writes nothing but a nudge, where an istiod has to be given a reason to look again.
//!
//! An istiod that could be asked before is waited for, whatever it does meanwhile; one that could not is not: most likely that
//! is for good, as where the right to forward ports is missing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::fan_out;
use mesh_common::client::istiod::{Istiod, IstiodPod, istiod_pods};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_common::model::istiod_pages::{RotationBug, known_clusters, rotation_bug, secret_metrics};
use mesh_common::model::names::FIELD_MANAGER;
use mesh_common::model::token_swap::nudged;
use tokio::time::{Instant, sleep};

use super::entries::Entry;
use super::observe::Place;
use super::plan::{Obstacle, Part};
use super::resolve::Order;
use super::steps::Work;
use super::swap::change;
use super::taken::{Progress, Said, Written, judge};
use super::verdict::{Verdict, Warning, Whose};

/// How long one istiod may take to answer, where there is as much time.
const ANSWER: Duration = Duration::from_secs(10);
const SHORTEST_ANSWER: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);
/// The counter rises a moment before istiod works on what it has heard, so that one look is not enough.
const LOOKS: u32 = 2;

/// The istiods of one holder.
pub(super) struct Watch<'a> {
    place: &'a Place,
    order: &'a Order,
    /// Name of the holder's secret.
    secret: String,
    /// How many events each process had counted before the secret was written.
    before: BTreeMap<Process, u64>,
    /// The processes that could not be asked then, and why.
    unseen: BTreeMap<Process, Error>,
    /// Why not even their pods are known.
    blind: Option<Error>,
}

/// A pod's name and UID, and how often its containers were started again: together one process.
type Process = (String, String, i32);

fn process(pod: &IstiodPod) -> Process {
    (pod.name.clone(), pod.uid.clone(), pod.restarts)
}

/// What one look at all istiods of a holder came to.
#[derive(Default)]
struct Round {
    /// Pods whose istiods have not taken it, and what these say.
    late: Vec<(String, String)>,
    /// Why some say nothing at the moment.
    silent: Vec<Error>,
    /// Whether some had no number to compare with until now.
    unmeasured: bool,
    /// What waiting does not mend.
    lasting: Vec<Obstacle>,
    warnings: Vec<Warning>,
}

impl<'a> Watch<'a> {
    /// Reads the counters as they are now. That an istiod cannot be asked is no error.
    pub(super) async fn begin(work: &'a Work<'_>, place: &'a Place, entry: &Entry) -> Self {
        let mut watch = Self {
            place,
            order: work.order,
            secret: entry.name().to_owned(),
            before: BTreeMap::new(),
            unseen: BTreeMap::new(),
            blind: None,
        };
        match watch.look().await {
            Ok(looks) => {
                for (pod, said) in looks {
                    match said {
                        Ok(said) => drop(watch.before.insert(process(&pod), said.metrics.events)),
                        Err(error) => drop(watch.unseen.insert(process(&pod), error)),
                    }
                }
            }
            Err(error) => watch.blind = Some(error),
        }
        watch
    }

    /// Forgets the counters: what they have to rise above was not written now.
    pub(super) fn forget(&mut self) {
        self.before.clear();
    }

    /// Returns once every istiod that can be asked has taken what was written, or cannot do so in time.
    ///
    /// # Errors
    /// Ctrl-C, and a nudge that cannot be written.
    pub(super) async fn until_taken(
        mut self,
        work: &Work<'_>,
        part: &Part,
        written: &Secret,
    ) -> Result<Verdict, Error> {
        if let Some(error) = self.blind.take() {
            return Ok(self.verdict(Round {
                silent: vec![error],
                ..Round::default()
            }));
        }
        let deadline = Instant::now() + self.order.wait;
        let secret = format!("{}/{}", self.order.namespace, self.secret);
        let (mut at, mut in_a_row) = (written_at(written), 0);
        loop {
            let round = self.round(Written {
                cluster: &part.entry.key,
                secret: &secret,
                at,
            });
            let round = work.interrupt.or(async { Ok(round.await) }).await?;
            let is_done = round.late.is_empty() && round.silent.is_empty();
            in_a_row = if is_done { in_a_row + 1 } else { 0 };
            let is_over = in_a_row >= LOOKS || (!is_done && Instant::now() >= deadline);
            if is_over || !round.lasting.is_empty() {
                return Ok(self.verdict(round));
            }
            if round.unmeasured {
                at = self.nudge(work, part).await?;
            }
            let pause = async {
                sleep(BETWEEN_LOOKS).await;
                Ok(())
            };
            work.interrupt.or(pause).await?;
        }
    }

    /// Looks once, and judges.
    async fn round(&mut self, written: Written<'_>) -> Round {
        let mut round = Round::default();
        let looks = match self.look().await {
            Ok(looks) => looks,
            Err(error) => {
                round.silent.push(error);
                return round;
            }
        };
        for (pod, said) in looks {
            let said = match said {
                Ok(said) => said,
                Err(error) => {
                    round.silent.push(error);
                    continue;
                }
            };
            match judge(&said, self.before.get(&process(&pod)).copied(), written) {
                Progress::Taken => round.warnings.extend(self.losses(&pod, &said)),
                Progress::NotYet(why) => round.late.push((pod.name, why)),
                Progress::NeedsRestart(version) => {
                    let obstacle = self.whose().needs_restart(&pod.name, &version);
                    round.lasting.push(obstacle);
                }
                Progress::NoMeasure => {
                    self.before.insert(process(&pod), said.metrics.events);
                    round.unmeasured = true;
                    let why = "it was started a moment ago".to_owned();
                    round.late.push((pod.name, why));
                }
            }
        }
        round
    }

    /// Asks every istiod that runs now, but those that could not be asked at first.
    async fn look(&mut self) -> Result<Vec<(IstiodPod, Result<Said, Error>)>, Error> {
        let namespace = &self.order.namespace;
        let mut pods = istiod_pods(&self.place.cluster, namespace).await?;
        if pods.is_empty() {
            return Err(Error::new(
                Kind::NotFound,
                format!(
                    "no istiod runs in namespace {namespace} of context {}",
                    self.place.context()
                ),
            ));
        }
        self.unseen
            .retain(|unseen, _| pods.iter().any(|pod| process(pod) == *unseen));
        pods.retain(|pod| !self.unseen.contains_key(&process(pod)));
        let looks = fan_out(pods, |pod| async {
            let said = self.ask(&pod).await;
            (pod, said)
        });
        Ok(looks.await)
    }

    async fn ask(&self, pod: &IstiodPod) -> Result<Said, Error> {
        let cluster = &self.place.cluster;
        let limit = self.order.wait.clamp(SHORTEST_ANSWER, ANSWER);
        let mut istiod = Istiod::connect(cluster, &self.order.namespace, &pod.name, limit).await?;
        let is_none = |what: &str| {
            let context = self.place.context();
            Error::refused(format!(
                "istiod pod {} in context {context} does not say {what}",
                pod.name
            ))
        };
        // The counter first: what is listed afterwards is not older.
        let metrics = secret_metrics(&istiod.page("/metrics").await?);
        if metrics.version.is_none() {
            return Err(is_none("which version it is of"));
        }
        let page = istiod.page("/debug/clusterz").await?;
        let clusters = known_clusters(&page).ok_or_else(|| is_none("which clusters it knows"))?;
        Ok(Said {
            started_at: pod.started_at,
            metrics,
            clusters,
        })
    }

    /// Changes the text of the kubeconfig and not its meaning, so that an istiod reads it again; says when that was.
    async fn nudge(&self, work: &Work<'_>, part: &Part) -> Result<Option<Timestamp>, Error> {
        let nudged = |kubeconfig: &[u8]| Ok(Some(nudged(kubeconfig)));
        let written = change(work, &self.place.cluster, part, nudged).await?;
        Ok(written_at(&written.secret))
    }

    /// What the last round came to, and all that could not be asked.
    fn verdict(&self, round: Round) -> Verdict {
        let Round {
            late,
            silent,
            unmeasured: _,
            lasting: mut obstacles,
            mut warnings,
        } = round;
        let whose = self.whose();
        if !late.is_empty() && obstacles.is_empty() {
            obstacles.push(whose.too_late(self.order.wait, &late));
        }
        let unseen: Vec<&Error> = silent.iter().chain(self.unseen.values()).collect();
        if !unseen.is_empty() {
            let obstacle = whose.cannot_be_asked(&unseen);
            if self.order.revoke_unseen {
                warnings.push(Warning {
                    what: obstacle.what,
                    way: None,
                });
            } else {
                obstacles.push(obstacle);
            }
        }
        Verdict {
            obstacles,
            warnings,
        }
    }

    fn losses(&self, pod: &IstiodPod, said: &Said) -> Option<Warning> {
        let version = said.metrics.version.as_deref()?;
        let loses = rotation_bug(version) == Some(RotationBug::LosesOthers);
        loses.then(|| self.whose().loses_others(&pod.name, version))
    }

    fn whose(&self) -> Whose<'_> {
        Whose {
            secret: &self.secret,
            context: self.place.context(),
            namespace: &self.order.namespace,
            kubectl: self.place.cluster.target().kubectl(),
        }
    }
}

/// When our manager wrote to it last.
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
