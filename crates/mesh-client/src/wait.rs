//! Waiting for one object with a watch, with a deadline.
//!
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>

use std::fmt::Debug;
use std::time::Duration;

use futures::TryStreamExt;
use kube::Resource;
use kube::core::WatchEvent;
use kube::core::params::WatchParams;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::objects::built;
use super::paths::path;
use super::{ApiFault, Attempt, Cluster, Verb, api_fault, may_pass};
use mesh_model::Error;

/// The pause before a watch that ended is started again; doubled each time up to the maximum.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest watch that is requested from a server.
const LONGEST_WATCH: u64 = 290;

/// The result of a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// The condition is true for this object.
    Met(T),
    /// Time ran out; this is the last state, if the object existed at all.
    RanOut(Option<T>),
}

/// Watches the object of that name until `holds` returns true, for at most `limit`.
///
/// `known` is the object as the caller has just read or created it: the watch continues from there. Without it the
/// server starts with the present state, so no read is needed before. The object need not exist yet.
///
/// # Errors
/// Errors that a retry cannot fix, such as a watch that is forbidden; and a cluster that is still unreachable when time
/// runs out.
pub async fn wait_for<K>(
    cluster: &Cluster,
    namespace: Option<&str>,
    name: &str,
    known: Option<K>,
    limit: Duration,
    holds: impl Fn(&K) -> bool,
) -> Result<Seen<K>, Error>
where
    K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
{
    let mut wait = Wait {
        cluster,
        name,
        attempt: cluster.attempt_on::<K>(Verb::Watch, namespace, Some(name)),
        deadline: Instant::now() + limit,
        version: known
            .as_ref()
            .and_then(|object| object.meta().resource_version.clone()),
        last: known,
        holds,
    };
    if let Some(object) = wait.last.take_if(|object| (wait.holds)(object)) {
        return Ok(Seen::Met(object));
    }
    let mut pause = SHORTEST_PAUSE;
    let mut trouble = None;
    loop {
        trouble = match wait.watch().await {
            Ok(Ended::Met(object)) => return Ok(Seen::Met(object)),
            Ok(Ended::RanOut) => return Ok(Seen::RanOut(wait.last)),
            // A cluster that was unreachable before has not become reachable since.
            Ok(Ended::Unanswered) => return trouble.map_or(Ok(Seen::RanOut(wait.last)), Err),
            Ok(Ended::Closed { heard: true }) => {
                pause = SHORTEST_PAUSE;
                None
            }
            Ok(Ended::Closed { heard: false }) => None,
            Err(error) if may_pass(&error) => Some(error),
            Err(error) => return Err(error),
        };
        let next = Instant::now() + pause;
        if next >= wait.deadline {
            return trouble.map_or(Ok(Seen::RanOut(wait.last)), Err);
        }
        tokio::time::sleep_until(next).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

struct Wait<'a, K, H> {
    cluster: &'a Cluster,
    name: &'a str,
    attempt: Attempt,
    deadline: Instant,
    /// The version from which the next watch continues; `None` is the present state.
    version: Option<String>,
    last: Option<K>,
    holds: H,
}

/// The end of one watch.
enum Ended<K> {
    Met(K),
    RanOut,
    /// Time ran out before the server answered.
    Unanswered,
    /// The server closed it, or the version to continue from is too old.
    Closed {
        /// True if any event was received before.
        heard: bool,
    },
}

impl<K, H> Wait<'_, K, H>
where
    K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    H: Fn(&K) -> bool,
{
    async fn watch(&mut self) -> Result<Ended<K>, Error> {
        let left = self
            .deadline
            .saturating_duration_since(Instant::now())
            .as_secs();
        let params = WatchParams {
            field_selector: Some(format!("metadata.name={}", self.name)),
            timeout: u32::try_from((left + 1).min(LONGEST_WATCH)).ok(),
            bookmarks: false,
            ..WatchParams::default()
        };
        let version = self.version.clone().unwrap_or_default();
        let request = built(
            path::<K>(&self.attempt)?.watch(&params, &version),
            &self.attempt,
        )?;
        let client = self.cluster.client();
        let events = match timeout_at(self.deadline, client.request_events::<K>(request)).await {
            Err(_) => return Ok(Ended::Unanswered),
            Ok(Ok(events)) => events,
            Ok(Err(error)) => return self.closed_if_expired(self.attempt.explain(error)),
        };
        let mut events = std::pin::pin!(events);
        let mut heard = false;
        loop {
            let event = match timeout_at(self.deadline, events.try_next()).await {
                Err(_) => return Ok(Ended::RanOut),
                Ok(Ok(None)) => return Ok(Ended::Closed { heard }),
                Ok(Err(error)) => return Err(self.attempt.explain(error)),
                Ok(Ok(Some(event))) => event,
            };
            heard = true;
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    self.version.clone_from(&object.meta().resource_version);
                    if (self.holds)(&object) {
                        return Ok(Ended::Met(object));
                    }
                    self.last = Some(object);
                }
                WatchEvent::Deleted(object) => {
                    self.version.clone_from(&object.meta().resource_version);
                    self.last = None;
                }
                WatchEvent::Bookmark(_) => (),
                WatchEvent::Error(status) => {
                    return self.closed_if_expired(self.attempt.explain(kube::Error::Api(status)));
                }
            }
        }
    }

    /// Handles a version that is too old for the server (410): the next watch starts with the present state.
    fn closed_if_expired(&mut self, error: Error) -> Result<Ended<K>, Error> {
        match api_fault(&error) {
            Some(ApiFault::Expired { .. }) => {
                self.version = None;
                Ok(Ended::Closed { heard: false })
            }
            Some(_) | None => Err(error),
        }
    }
}
