//! Sees the istiods of a holder take a new token: their pages are read before the secret is written, and after it until all
//! of them have it. It writes nothing but a nudge, where an istiod has to be given a reason to look again.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::cluster::fan_out;
use mesh_common::cluster::istiod::{Istiod, IstiodPod, istiod_pods};
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::istiod_pages::{RotationBug, known_clusters, rotation_bug, secret_metrics};
use mesh_common::mesh::names::FIELD_MANAGER;
use mesh_common::mesh::token_swap::nudged;
use mesh_common::mesh::{Error, Exit};
use tokio::time::{Instant, sleep};

use super::entries::Entry;
use super::observe::Place;
use super::plan::{Obstacle, Part};
use super::steps::Work;
use super::swap::change;
use super::taken::{Progress, Said, Written, judge};

/// How long one istiod may take to answer.
const ANSWER: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);
/// The counter rises a moment before istiod works on what it has heard, so that one look is not enough.
const LOOKS: u32 = 2;

/// The istiods of one holder.
pub(super) struct Watch<'a> {
    place: &'a Place,
    namespace: &'a str,
    /// How many events each process had counted before the secret was written.
    before: BTreeMap<Process, u64>,
    /// Why they cannot be asked.
    unseen: Option<String>,
    whose: String,
}

/// What came of watching.
#[derive(Default)]
pub(super) struct Verdict {
    /// What stands in the way of revoking the old token, if anything.
    pub obstacle: Option<Obstacle>,
    pub warnings: Vec<String>,
}

/// A pod's UID and how often its containers were started again: together one process.
type Process = (String, i32);

fn process(pod: &IstiodPod) -> Process {
    (pod.uid.clone(), pod.restarts)
}

impl<'a> Watch<'a> {
    /// Reads the counters as they are now. That an istiod cannot be asked is no error.
    pub(super) async fn begin(
        work: &'a Work<'_>,
        place: &'a Place,
        entry: &Entry,
    ) -> Result<Self, Error> {
        let mut watch = Self {
            place,
            namespace: &work.order.namespace,
            before: BTreeMap::new(),
            unseen: None,
            whose: format!("secret {} in context {}", entry.name(), place.context()),
        };
        match watch.look().await {
            Ok(looks) => {
                let counts = looks.into_iter();
                watch.before = counts
                    .map(|(pod, said)| (process(&pod), said.metrics.events))
                    .collect();
            }
            Err(error) => watch.unseen = Some(error.in_one_line()),
        }
        Ok(watch)
    }

    /// Forgets the counters: what they have to rise above was not written now.
    pub(super) fn forget(&mut self) {
        self.before.clear();
    }

    /// Returns once every istiod has taken what was written; says what stands in the way, if they do not.
    pub(super) async fn until_taken(
        mut self,
        work: &Work<'_>,
        part: &Part,
        written: &Secret,
    ) -> Result<Verdict, Error> {
        let deadline = Instant::now() + work.order.wait;
        let secret = format!("{}/{}", self.namespace, part.entry.name());
        let (mut at, mut in_a_row) = (written_at(written), 0);
        loop {
            if let Some(why) = &self.unseen {
                return Ok(self.cannot_be_asked(work, why));
            }
            let looks = match work.interrupt.or(self.look()).await {
                Ok(looks) => looks,
                Err(error) if error.kind() == Kind::Interrupted => return Err(error),
                Err(error) => {
                    self.unseen = Some(error.in_one_line());
                    continue;
                }
            };
            let written = Written {
                cluster: &part.entry.key,
                secret: &secret,
                at,
            };
            let (mut last, mut unmeasured) = (None, false);
            for (pod, said) in &looks {
                match judge(said, self.before.get(&process(pod)).copied(), written) {
                    Progress::Taken => {}
                    Progress::NotYet(why) => last = Some(format!("istiod pod {}: {why}", pod.name)),
                    Progress::NeedsRestart(version) => {
                        return Ok(self.needs_restart(pod, &version).into());
                    }
                    Progress::NoMeasure => {
                        self.before.insert(process(pod), said.metrics.events);
                        unmeasured = true;
                    }
                }
            }
            if unmeasured {
                in_a_row = 0;
                at = self.nudge(work, part).await?;
            } else if let Some(last) = last {
                in_a_row = 0;
                if Instant::now() >= deadline {
                    return Ok(self.too_late(work, &last).into());
                }
            } else {
                in_a_row += 1;
                if in_a_row >= LOOKS {
                    return Ok(Verdict {
                        obstacle: None,
                        warnings: self.losses(&looks),
                    });
                }
            }
            work.interrupt
                .or(async {
                    sleep(BETWEEN_LOOKS).await;
                    Ok(())
                })
                .await?;
        }
    }

    /// Asks every istiod that runs now.
    async fn look(&self) -> Result<Vec<(IstiodPod, Said)>, Error> {
        let pods = istiod_pods(&self.place.cluster, self.namespace).await?;
        if pods.is_empty() {
            return Err(Error::new(
                Kind::NotFound,
                format!(
                    "no istiod runs in namespace {} of context {}",
                    self.namespace,
                    self.place.context()
                ),
            ));
        }
        let looks = fan_out(pods, |pod| async {
            let said = self.ask(&pod).await?;
            Ok((pod, said))
        });
        Error::gather(looks.await)
    }

    async fn ask(&self, pod: &IstiodPod) -> Result<Said, Error> {
        let cluster = &self.place.cluster;
        let mut istiod = Istiod::connect(cluster, self.namespace, &pod.name, ANSWER).await?;
        // The counter first: what is listed afterwards is not older.
        let metrics = secret_metrics(&istiod.page("/metrics").await?);
        let page = istiod.page("/debug/clusterz").await?;
        let clusters = known_clusters(&page).ok_or_else(|| {
            Error::refused(format!(
                "istiod pod {} in context {} does not say which clusters it knows",
                pod.name,
                self.place.context()
            ))
        })?;
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

    fn cannot_be_asked(&self, work: &Work<'_>, why: &str) -> Verdict {
        let what = format!(
            "{}: whether its istiods have taken the new token cannot be seen: {why}",
            self.whose
        );
        if work.order.revoke_unseen {
            return Verdict {
                obstacle: None,
                warnings: vec![what],
            };
        }
        Obstacle {
            what,
            way: "--revoke-unseen, to revoke without having seen it".to_owned(),
            exit: Exit::Partial,
        }
        .into()
    }

    fn needs_restart(&self, pod: &IstiodPod, version: &str) -> Obstacle {
        Obstacle {
            what: format!(
                "istiod pod {} in context {} is of version {version}, which {}",
                pod.name,
                self.place.context(),
                RotationBug::KeepsOldToken.what()
            ),
            way: format!(
                "{} -n {} rollout restart deployment -l {}; from 1.30.3 on that is not needed",
                self.place.cluster.target().kubectl(),
                self.namespace,
                mesh_common::mesh::istiod::SELECTOR
            ),
            exit: Exit::Partial,
        }
    }

    fn too_late(&self, work: &Work<'_>, last: &str) -> Obstacle {
        Obstacle {
            what: format!(
                "{}: the new token was not taken within {} s; {last}",
                self.whose,
                work.order.wait.as_secs()
            ),
            way: "--wait 5m, if they need longer".to_owned(),
            exit: Exit::WaitRanOut,
        }
    }

    fn losses(&self, looks: &[(IstiodPod, Said)]) -> Vec<String> {
        let version = |said: &Said| said.metrics.version.clone().unwrap_or_default();
        looks
            .iter()
            .filter(|(_, said)| rotation_bug(&version(said)) == Some(RotationBug::LosesOthers))
            .map(|(pod, said)| {
                format!(
                    "istiod pod {} in context {} is of version {}, which {}",
                    pod.name,
                    self.place.context(),
                    version(said),
                    RotationBug::LosesOthers.what()
                )
            })
            .collect()
    }
}

impl From<Obstacle> for Verdict {
    fn from(obstacle: Obstacle) -> Self {
        Self {
            obstacle: Some(obstacle),
            warnings: Vec::new(),
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
