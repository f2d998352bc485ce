//! The exchange itself: planned with everything read and checked, and then carried out.

use std::rc::Rc;

use mesh_client::{Kubeconfig, fan_out, with_lost};
use mesh_model::change::{ChangeSet, DryRun};
use mesh_model::error::Kind;
use mesh_model::{Error, Exit};

use super::super::issue::Options;
use super::super::issue::holder::Holder;
use super::super::issue::planned::RemotePlan;
use super::super::issue::recorded::record_changes;
use super::super::issue::remote::KnownRemote;
use super::super::issue::write::{apply_secrets, plan_writes};
use super::check::{check_claims, checked};
use super::members::{Member, MemberRequest, gather};
use super::pairs::Role;
use super::prune::{self, Leftover, leftovers};
use crate::Job;
use crate::change::{Meaning, Outcome};

/// The request for an exchange.
pub struct Request {
    /// The clusters.
    pub members: Vec<MemberRequest>,
    /// Each context was named by the operator, so that a wrong one is an error.
    pub named: bool,
    /// Clusters that the kubeconfig has no way to; their pairs are skipped.
    pub lost: Vec<Error>,
    /// The options of every cluster.
    pub options: Options,
    /// Deletes the remote secrets that give access to none of the clusters.
    pub prune: bool,
}

/// An exchange that is ready to be carried out: everything was read and checked, and nothing is written yet.
pub struct Exchange {
    /// The remote clusters whose secrets can be issued.
    remotes: Vec<PlannedRemote>,
    options: Options,
    leftovers: Vec<Leftover>,
    /// What went wrong until now.
    outcome: Outcome,
}

/// A remote cluster with its own options and its plan. What else was read of it is not needed any more.
struct PlannedRemote {
    known: KnownRemote,
    options: Options,
    plan: RemotePlan,
}

/// Returns what went well with remote clusters; one that fails does not affect the secrets for the others.
///
/// # Errors
/// Ctrl-C, and what else had gone wrong until then.
fn part<T>(results: Vec<Result<T, Error>>, outcome: &mut Outcome) -> Result<Vec<T>, Error> {
    let (good, mut wrong) = Error::parted(results);
    if let Some(interrupted) = wrong.pop_if(|error| error.kind() == Kind::Interrupted) {
        return Err(match Error::all(wrong) {
            Some(error) => error.and(interrupted),
            None => interrupted,
        });
    }
    outcome.wrong(
        wrong,
        Meaning::same("no remote secret for this cluster is created"),
    );
    Ok(good)
}

impl Request {
    /// Reads all clusters, checks all pairs, and plans every write.
    ///
    /// # Errors
    /// All that has to be decided first, joined with what could not be read.
    pub async fn plan(self, kubeconfig: &Kubeconfig, job: &Job<'_>) -> Result<Exchange, Error> {
        let Self {
            members,
            named,
            mut lost,
            options,
            prune,
        } = self;
        let (members, unreached) = gather(members, named, job).await?;
        lost.extend(unreached);
        let mut leftovers = match (prune, lost.is_empty()) {
            (true, true) => leftovers(&members),
            (true, false) => {
                job.warn("pruning is skipped, since a cluster was skipped, and its remote secrets cannot be told from others")?;
                Vec::new()
            }
            (false, _) => Vec::new(),
        };
        let plans = checked(&members).map_err(|error| with_lost(error, &mut lost))?;
        for line in plans.iter().flat_map(|plan| &plan.skipped) {
            job.warn(line)?;
        }
        let claims = check_claims(&members, kubeconfig, job).await;
        claims.map_err(|error| with_lost(error, &mut lost))?;

        let mut outcome = Outcome::default();
        outcome.skip(lost, "no remote secret is created in or for this cluster");
        let holders: Vec<Vec<Rc<Holder>>> = members
            .iter()
            .map(|member| holders_of(member, &members))
            .collect();
        let remotes = members.into_iter().zip(plans).zip(holders);
        let remotes = remotes.filter(|(_, holders)| !holders.is_empty());
        let planned = fan_out(remotes, |((member, plan), holders)| async move {
            let (known, options) = member.into_remote();
            let plan = known.with(&options, job).plan(plan, &holders).await?;
            Ok(PlannedRemote {
                known,
                options,
                plan,
            })
        });
        let mut remotes = part(planned.await, &mut outcome)?;
        let pending = remotes.iter_mut().flat_map(|one| &mut one.plan.secrets);
        if let Err(error) = plan_writes(pending, &options) {
            return Err(outcome.stopped_by(error));
        }
        if !leftovers.is_empty() && !outcome.is_clean() {
            job.warn(NOT_PRUNED)?;
            leftovers.clear();
        }
        Ok(Exchange {
            remotes,
            options,
            leftovers,
            outcome,
        })
    }
}

const NOT_PRUNED: &str = "pruning is skipped, since not all remote secrets could be created";

impl Exchange {
    /// Returns the secrets that are going to be deleted.
    pub fn leftovers(&self) -> &[Leftover] {
        &self.leftovers
    }

    /// Returns how far it goes with its changes.
    pub fn dry_run(&self) -> DryRun {
        self.options.dry_run
    }

    /// Returns all that is going to be written, in order: in the remote clusters, in the holders, the records of these in the remote
    /// clusters, and what is deleted in the holders.
    pub fn changes(&self) -> ChangeSet {
        let plans = self.remotes.iter().map(|one| &one.plan);
        let in_remotes = plans.clone().flat_map(RemotePlan::remote_changes);
        let pending = plans.flat_map(|plan| &plan.secrets);
        let in_holders = pending.clone().map(|one| one.change(&self.options));
        let recorded = record_changes(pending);
        let deleted = self.leftovers.iter().map(Leftover::change);
        let written = in_remotes.chain(in_holders).chain(recorded);
        written.chain(deleted).collect()
    }

    /// Creates what the remote clusters lack, applies the secrets, and deletes the leftovers. A dry run only tells what would be
    /// done.
    ///
    /// # Errors
    /// Ctrl-C, and what could not be done.
    pub async fn carry_out(self, job: &Job<'_>) -> Result<Exit, Error> {
        let Self {
            remotes,
            options,
            leftovers,
            mut outcome,
        } = self;
        let writes = options.dry_run.writes();
        let prepared = fan_out(remotes, |one| async move {
            let PlannedRemote {
                known,
                options,
                mut plan,
            } = one;
            let remote = known.with(&options, job);
            if writes {
                remote.prepare(&mut plan).await?;
            } else {
                remote.rehearse(&plan).await?;
            }
            Ok(plan)
        });
        let mut plans = part(prepared.await, &mut outcome)?;
        let pending = plans.iter_mut().flat_map(|plan| &mut plan.secrets);
        let applied = if let Err(error) = plan_writes(pending, &options) {
            outcome.fail(error);
            outcome.end(job)
        } else {
            let pending = plans.iter().flat_map(|plan| &plan.secrets);
            apply_secrets(pending, outcome, &options, job).await
        };
        match applied {
            Ok(Exit::Fine) => prune::delete(&leftovers, options.dry_run, job).await,
            other => {
                if !leftovers.is_empty() {
                    job.warn(NOT_PRUNED)?;
                }
                other
            }
        }
    }
}

/// Returns the clusters that hold a secret for this one.
pub(super) fn holders_of(remote: &Member, members: &[Member]) -> Vec<Rc<Holder>> {
    let others = members
        .iter()
        .filter(|other| other.role == Role::Primary && other.context() != remote.context());
    others.map(|other| Rc::clone(&other.holder)).collect()
}
