//! The exchange itself: planned with everything read and checked, and then carried out.

use std::rc::Rc;

use mesh_client::{Kubeconfig, concerns_one_cluster, fan_out, with_lost};
use mesh_model::change::{ChangeSet, DryRun};
use mesh_model::error::Kind;
use mesh_model::{Error, Exit};

use super::super::issue::Options;
use super::super::issue::holder::Holder;
use super::super::issue::planned::RemotePlan;
use super::super::issue::remote::KnownRemote;
use super::super::issue::write::{
    Lost, PendingSecret, apply_secrets, plan_writes, rehearse_secrets,
};
use super::check::{check_claims, checked};
use super::members::{Member, MemberRequest, gather};
use super::pairs::Role;
use super::prune::{self, Leftover, leftovers};
use crate::Job;

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
    skipped: Skipped,
}

/// A remote cluster with its own options and its plan. What else was read of it is not needed any more.
struct PlannedRemote {
    known: KnownRemote,
    options: Options,
    plan: RemotePlan,
}

/// The failures on the way.
#[derive(Default)]
struct Skipped {
    /// Clusters that are skipped.
    lost: Vec<Lost>,
    /// Failures that are reported when the rest is done.
    failed: Vec<Error>,
}

impl Skipped {
    fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.failed.is_empty()
    }

    /// Returns what went well with remote clusters; one that fails does not affect the secrets for the others.
    ///
    /// # Errors
    /// Ctrl-C, and what else had gone wrong until then.
    fn part<T>(&mut self, results: Vec<Result<T, Error>>) -> Result<Vec<T>, Error> {
        let (good, mut wrong) = Error::parted(results);
        let interrupted = wrong.pop_if(|error| error.kind() == Kind::Interrupted);
        let (lost, failed): (Vec<_>, Vec<_>) = wrong.into_iter().partition(concerns_one_cluster);
        if let Some(interrupted) = interrupted {
            let before = Error::all(failed.into_iter().chain(lost));
            return Err(match before {
                Some(error) => error.and(interrupted),
                None => interrupted,
            });
        }
        self.failed.extend(failed);
        self.lost.extend(lost.into_iter().map(|error| Lost {
            error,
            left_out: "the secrets for it are skipped",
        }));
        Ok(good)
    }

    /// Joins all of them to the error that stops the job.
    fn joined_to(self, error: Error) -> Error {
        let lost = self.lost.into_iter().map(|lost| lost.error);
        let mut all = self.failed.into_iter().chain(lost).collect();
        with_lost(error, &mut all)
    }
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
                job.warn("nothing is pruned: which secrets give access to the clusters that are skipped cannot be known")?;
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

        let lost = lost.into_iter().map(|error| Lost {
            error,
            left_out: "its pairs are skipped",
        });
        let mut skipped = Skipped {
            lost: lost.collect(),
            failed: Vec::new(),
        };
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
        let mut remotes = skipped.part(planned.await)?;
        let pending = remotes.iter_mut().flat_map(|one| &mut one.plan.secrets);
        if let Err(error) = plan_writes(pending, &options) {
            return Err(skipped.joined_to(error));
        }
        if !leftovers.is_empty() && !skipped.is_empty() {
            job.warn(NOT_PRUNED)?;
            leftovers.clear();
        }
        Ok(Exchange {
            remotes,
            options,
            leftovers,
            skipped,
        })
    }
}

const NOT_PRUNED: &str = "--prune is skipped, since not all remote secrets could be created";

impl Exchange {
    /// Returns the secrets that are going to be deleted.
    pub fn leftovers(&self) -> &[Leftover] {
        &self.leftovers
    }

    /// Returns how far it goes with its changes.
    pub fn dry_run(&self) -> DryRun {
        self.options.dry_run
    }

    /// Returns all that is going to be written, in order: in the remote clusters, in the holders, and what is deleted there. The
    /// notes on token Secrets of who holds their tokens are not among it.
    pub fn changes(&self) -> ChangeSet {
        let plans = self.remotes.iter().map(|one| &one.plan);
        let in_remotes = plans.clone().flat_map(RemotePlan::remote_changes);
        let in_holders = plans.flat_map(|plan| &plan.secrets);
        let in_holders = in_holders.map(|one| one.change(&self.options));
        let deleted = self.leftovers.iter().map(Leftover::change);
        in_remotes.chain(in_holders).chain(deleted).collect()
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
            mut skipped,
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
        let mut plans = skipped.part(prepared.await)?;
        let pending = plans.iter_mut().flat_map(|plan| &mut plan.secrets);
        let planned = plan_writes(pending, &options);
        let Skipped { lost, mut failed } = skipped;
        let applied = if let Err(error) = planned {
            let mut lost = lost.into_iter().map(|lost| lost.error).collect();
            Err(with_lost(error, &mut lost))
        } else {
            let pending = plans.iter().flat_map(|plan| &plan.secrets);
            let pending: Vec<&PendingSecret> = pending.collect();
            if writes {
                apply_secrets(&pending, lost, &options, job).await
            } else {
                rehearse_secrets(&pending, lost, &options, job).await
            }
        };
        let mut exit = applied.unwrap_or_else(|error| {
            failed.push(error);
            Exit::Failed
        });
        if !failed.is_empty() || exit != Exit::Fine {
            if !leftovers.is_empty() {
                job.warn(NOT_PRUNED)?;
            }
        } else if writes {
            exit = prune::delete(&leftovers, job).await?;
        } else {
            exit = prune::rehearse(&leftovers, options.dry_run, job).await?;
        }
        Error::all(failed).map_or(Ok(exit), Err)
    }
}

/// Returns the clusters that hold a secret for this one.
pub(super) fn holders_of(remote: &Member, members: &[Member]) -> Vec<Rc<Holder>> {
    let others = members
        .iter()
        .filter(|other| other.role == Role::Primary && other.context() != remote.context());
    others.map(|other| Rc::clone(&other.holder)).collect()
}
