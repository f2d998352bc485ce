//! Waits until the gateways of a cluster have addresses: with a watch if their own objects have to change, by reading
//! again if DNS or nodes have to.

use std::time::Duration;

use futures::future::{FutureExt, select_all};
use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::observe::{Look, observe};
use mesh_client::{Cluster, may_pass, wait_for};
use mesh_model::eastwest::{ClusterSnapshot, Gateway, told};
use mesh_model::error::Error;
use mesh_model::read::Read;

/// The pause before reading again; doubled each time up to the maximum.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Reads a cluster until it has a gateway and each gateway has an address that resolves on this machine, for at most
/// `limit` from the first read, and returns the last state: [`Gateway::lacks`] tells whether a condition is missing.
/// With a limit of zero it reads once.
///
/// Each new state is passed to `tell`, unless no wait was needed.
///
/// # Errors
/// A cluster that is unreachable at first, or when time runs out; and one whose Services may not be read.
pub(super) async fn wait_for_addresses(
    cluster: &Cluster,
    look: Look<'_>,
    limit: Duration,
    mut tell: impl FnMut(&str),
) -> Result<(ClusterSnapshot, Vec<Gateway>), Error> {
    let mut seen = look_once(cluster, look).await?;
    let deadline = Instant::now() + limit;
    let mut before = None;
    let mut pause = SHORTEST_PAUSE;
    loop {
        let (_, gateways) = &seen;
        let lacking: Vec<&Gateway> = gateways
            .iter()
            .filter(|one| one.lacks().is_some())
            .collect();
        let is_met = lacking.is_empty() && !gateways.is_empty();
        let state = told(gateways);
        let is_over = is_met || Instant::now() >= deadline;
        if before.as_ref() != Some(&state) && !(is_over && before.is_none()) {
            tell(&state);
        }
        if is_over {
            return Ok(seen);
        }
        before = Some(state);
        if !lacking.is_empty() && lacking.iter().all(|one| one.is_up_to_its_objects()) {
            change(cluster, &lacking, deadline).await?;
            pause = SHORTEST_PAUSE;
        } else {
            sleep_until(deadline.min(Instant::now() + pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        match look_again(cluster, look, deadline).await? {
            Some(again) => seen = again,
            None => return Ok(seen),
        }
    }
}

/// Reads the cluster once.
///
/// # Errors
/// Those of [`observe`], and Services that could not be read: without them there is nothing to wait for.
async fn look_once(
    cluster: &Cluster,
    look: Look<'_>,
) -> Result<(ClusterSnapshot, Vec<Gateway>), Error> {
    let (facts, gateways) = observe(cluster, look).await?;
    let services = Read::Seen(facts.services.into_result()?);
    Ok((ClusterSnapshot { services, ..facts }, gateways))
}

/// Returns the current state; `None` if time ran out. A cluster that is unreachable for a while is waited for as well.
async fn look_again(
    cluster: &Cluster,
    look: Look<'_>,
    deadline: Instant,
) -> Result<Option<(ClusterSnapshot, Vec<Gateway>)>, Error> {
    let mut trouble = None;
    let mut pause = SHORTEST_PAUSE;
    loop {
        match timeout_at(deadline, look_once(cluster, look)).await {
            Ok(Ok(seen)) => return Ok(Some(seen)),
            Ok(Err(error)) if may_pass(&error) => trouble = Some(error),
            Ok(Err(error)) => return Err(error),
            Err(_) => return trouble.map_or(Ok(None), Err),
        }
        sleep_until(deadline.min(Instant::now() + pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Ends when an object of one of these gateways changes, and at the deadline.
async fn change(cluster: &Cluster, gateways: &[&Gateway], deadline: Instant) -> Result<(), Error> {
    let limit = deadline.saturating_duration_since(Instant::now());
    let services = gateways.iter().filter_map(|one| one.service.as_ref());
    let apis = gateways.iter().filter_map(|one| one.api.as_ref());
    let services = services.map(|known| change_of(cluster, known, limit).boxed_local());
    let apis = apis.map(|known| change_of(cluster, known, limit).boxed_local());
    let (first, _, _) = select_all(services.chain(apis)).await;
    first
}

async fn change_of<K>(cluster: &Cluster, known: &K, limit: Duration) -> Result<(), Error>
where
    K: Resource<DynamicType = ()> + DeserializeOwned + Clone + std::fmt::Debug + Send + 'static,
{
    let meta = known.meta();
    let name = meta.name.as_deref().unwrap_or_default();
    let is_other = |now: &K| now.meta().resource_version != meta.resource_version;
    let namespace = meta.namespace.as_deref();
    let known = Some(known.clone());
    wait_for(cluster, namespace, name, known, limit, is_other)
        .await
        .map(drop)
}
