//! Runs a request: observe every cluster, plan all of them, rehearse, then write.

use mesh_client::{Cluster, Connector, Target, each_alone, fan_out, with_lost};
use mesh_model::Error;
use mesh_model::change::DryRun;
use mesh_model::fleet::{doubles, not_compared};

use super::observe::{ClusterState, live, observe};
use super::plan::{Desired, changes, desired};
use super::{ObjectChange, Request};
use crate::Job;
use crate::change::{Applied, ClusterPlan, Plan};

/// Runs the request in all clusters.
///
/// # Errors
/// All that is in the way anywhere, before the first write; and what a server refuses to write.
pub async fn run(request: &Request, targets: Vec<Target>, job: Job<'_>) -> Result<Applied, Error> {
    let plan = prepare(request, targets, job).await?;
    plan.carry_out(request.dry_run, job).await
}

/// Reads all clusters and plans their changes, each of which the cluster's server has checked unless the request says otherwise.
/// Nothing is written.
///
/// # Errors
/// All that is in the way anywhere. A cluster that is not reached or does not allow it is skipped, unless it is the last one.
pub async fn prepare(
    request: &Request,
    targets: Vec<Target>,
    job: Job<'_>,
) -> Result<Plan<ObjectChange>, Error> {
    request.check()?;
    let read = job
        .interrupt
        .or(observe_all(targets, job.connector, request));
    let (states, mut skipped) = read.await?;
    for (_, state) in &states {
        if let Some(reason) = state.uid.reason().filter(|_| states.len() > 1) {
            job.warn(not_compared(&state.context, reason))?;
        }
    }
    different(&states).map_err(|error| with_lost(error, &mut skipped))?;
    let planned = job.interrupt.or(plan_all(states, request, job)).await;
    let (clusters, unfit) = planned.map_err(|error| with_lost(error, &mut skipped))?;
    skipped.extend(unfit);
    let plan = Plan { clusters, skipped };
    match request.dry_run {
        DryRun::Client => plan.possible(),
        DryRun::None | DryRun::Server => plan.rehearse(job.interrupt).await,
    }
}

/// Connects to all clusters and reads them at once; one that is not reached or does not allow it does not affect the others.
async fn observe_all(
    targets: Vec<Target>,
    connector: &Connector,
    request: &Request,
) -> Result<(Vec<(Cluster, ClusterState)>, Vec<Error>), Error> {
    let results = fan_out(targets, |target| async {
        let cluster = connector.connect(target).await?;
        let state = observe(&cluster, request).await?;
        Ok((cluster, state))
    })
    .await;
    each_alone(results)
}

/// Refuses two contexts of one cluster, which would install the same gateway twice at once.
fn different(states: &[(Cluster, ClusterState)]) -> Result<(), Error> {
    let uids = states.iter().map(|(_, one)| one.uid.seen()?.as_deref());
    let uids: Vec<Option<&str>> = uids.collect();
    let errors = doubles(&uids).into_iter().map(|(double, first)| {
        Error::usage(format!(
            "contexts {} and {} are the same cluster",
            states[first].1.context, states[double].1.context
        ))
        .hint("name each cluster once")
    });
    Error::all(errors).map_or(Ok(()), Err)
}

/// Plans every cluster, by its objects as they are stored. One whose objects cannot be decided does not affect the others if that
/// concerns it alone.
async fn plan_all(
    states: Vec<(Cluster, ClusterState)>,
    request: &Request,
    job: Job<'_>,
) -> Result<(Vec<ClusterPlan<ObjectChange>>, Vec<Error>), Error> {
    let desired = states.into_iter().map(|(cluster, state)| {
        let Desired { objects, warnings } = desired(state, request)?;
        for warning in warnings {
            job.events.report(warning)?;
        }
        Ok((cluster, objects))
    });
    let (desired, skipped) = each_alone(desired)?;
    let plans = fan_out(desired, |(cluster, objects)| async move {
        let live = live(&cluster, &objects).await;
        let at = (cluster.context(), cluster.target().kubectl());
        let (writes, refused) = changes(objects, live, at, request, job.applied_by);
        ClusterPlan {
            cluster,
            writes,
            refused,
        }
    });
    Ok((plans.await, skipped))
}
