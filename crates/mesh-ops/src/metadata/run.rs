//! Runs a request: observe every cluster, plan all of them, rehearse, then write.

use mesh_client::{Target, each_alone, with_lost};
use mesh_model::change::DryRun;
use mesh_model::fleet::{left_out, not_compared, without};
use mesh_model::{Error, Exit};

use super::observe::{TargetState, observe};
use super::plan::plan;
use super::same_clusters::{Known, same_clusters};
use super::{ClusterTask, FieldChange, Object, Request};
use crate::Job;
use crate::change::{ClusterPlan, Plan};

/// Runs the request in all clusters. `extra_warnings` returns what else is worth a warning about an object of a cluster.
///
/// # Errors
/// All that is in the way anywhere, before the first write; and what a server refuses to write.
pub async fn run<K: Object>(
    request: &Request,
    tasks: Vec<ClusterTask>,
    extra_warnings: impl Fn(&K, &Target) -> Vec<String>,
    job: Job<'_>,
) -> Result<Exit, Error> {
    let plan = prepare(request, tasks, extra_warnings, job).await?;
    let applied = plan.carry_out(request.dry_run, job).await?;
    Ok(applied.exit)
}

/// Reads all clusters and plans their changes. Nothing is written; where the request says so, each server checks its changes.
///
/// # Errors
/// All that is in the way anywhere. A cluster that is not reached or does not allow it is skipped, unless it is the last one.
pub async fn prepare<K: Object>(
    request: &Request,
    tasks: Vec<ClusterTask>,
    extra_warnings: impl Fn(&K, &Target) -> Vec<String>,
    job: Job<'_>,
) -> Result<Plan<FieldChange<K>>, Error> {
    let read = job
        .interrupt
        .or(async { Ok(observe::<K>(job.connector, tasks).await) })
        .await?;
    let (states, mut skipped) = each_alone(read)?;
    let states = each_cluster_once(states, job).map_err(|error| with_lost(error, &mut skipped))?;
    for state in &states {
        for object in state.objects.iter().filter_map(|(_, found)| found.as_ref()) {
            for warning in extra_warnings(object, state.cluster.target()) {
                job.warn(warning)?;
            }
        }
    }
    let planned = |state| planned(state, request, job.applied_by);
    let clusters = states.into_iter().map(planned).collect();
    let plan = Plan { clusters, skipped };
    match request.dry_run {
        DryRun::Client => plan.possible(),
        DryRun::None if !request.rehearse => plan.possible(),
        DryRun::None | DryRun::Server => plan.rehearse(job.interrupt).await,
    }
}

/// Returns each cluster once, whatever the number of its contexts.
fn each_cluster_once<K>(
    states: Vec<TargetState<K>>,
    job: Job<'_>,
) -> Result<Vec<TargetState<K>>, Error> {
    let known: Vec<Known<'_>> = states
        .iter()
        .map(|one| Known {
            context: one.cluster.context(),
            uid: one.uid.seen().and_then(Option::as_deref),
            value: one.value.as_deref(),
        })
        .collect();
    for one in &states {
        if let Some(reason) = one.uid.reason().filter(|_| states.len() > 1) {
            job.warn(not_compared(one.cluster.context(), reason))?;
        }
    }
    let doubles = same_clusters(&known)?;
    for (double, first) in &doubles {
        job.note(left_out(known[*double].context, known[*first].context))?;
    }
    Ok(without(&doubles, states))
}

/// Plans what every object of a cluster needs.
fn planned<K: Object>(
    state: TargetState<K>,
    request: &Request,
    applied_by: &str,
) -> ClusterPlan<FieldChange<K>> {
    let (context, kubectl) = (state.cluster.context(), state.cluster.target().kubectl());
    let value = state.value.as_deref();
    let plans = state.objects.iter().map(|(name, found)| {
        let found = found.as_ref();
        plan(request, applied_by, kubectl, context, name, found, value)
    });
    let (writes, refused) = Error::parted(plans);
    ClusterPlan {
        cluster: state.cluster,
        writes,
        refused,
    }
}
