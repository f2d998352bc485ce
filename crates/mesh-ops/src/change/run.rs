//! Carries out what was planned.

use mesh_client::{Cluster, Interrupt, each_alone, fan_out, with_lost};
use mesh_model::change::{Change, DryRun};
use mesh_model::{Error, Exit};

use super::{ClusterPlan, Meaning, Outcome, Plan, Write};
use crate::Job;

/// The result of a plan that was carried out.
pub struct Applied {
    /// The clusters in which everything is as planned.
    pub done: Vec<Cluster>,
    /// [`Exit::Partial`] where some cluster was skipped.
    pub exit: Exit,
}

impl<W: Write> Plan<W> {
    /// Lets each server check its writes, so that what one of them finds wrong is written in none.
    ///
    /// # Errors
    /// All that is wrong with the writes, joined; a server that is not reached or does not allow them is skipped.
    pub async fn rehearse(mut self, interrupt: &Interrupt) -> Result<Self, Error> {
        let results = interrupt
            .or(async {
                let checked = fan_out(self.clusters, |mut one| async move {
                    let (cluster, writes) = (&one.cluster, &mut one.writes);
                    let checks = fan_out(writes, |write| write.rehearse(cluster));
                    Error::gather(checks.await)?;
                    Ok(one)
                });
                Ok(checked.await)
            })
            .await?;
        let (clusters, unfit) =
            each_alone(results).map_err(|error| with_lost(error, &mut self.skipped))?;
        self.skipped.extend(unfit);
        Ok(Self {
            clusters,
            skipped: self.skipped,
        })
    }

    /// Writes the changes and tells them; in a dry run they are told alone.
    ///
    /// # Errors
    /// A write that was refused, unless that concerns one cluster of several; where no cluster is as planned, all errors.
    pub async fn carry_out(self, dry_run: DryRun, job: Job<'_>) -> Result<Applied, Error> {
        if dry_run.writes() {
            return self.write(job).await;
        }
        for change in self.change_set() {
            tell(change, dry_run, job)?;
        }
        let done = self.clusters.into_iter().map(|one| one.cluster).collect();
        finish(done, self.skipped, Vec::new(), job)
    }

    async fn write(self, job: Job<'_>) -> Result<Applied, Error> {
        let results = fan_out(&self.clusters, |one| write_cluster(one, job.interrupt)).await;
        let (mut done, mut wrong) = (Vec::new(), Vec::new());
        for (one, (changes, result)) in self.clusters.into_iter().zip(results) {
            for change in changes {
                tell(change, DryRun::None, job)?;
            }
            match result {
                Ok(()) => done.push(one.cluster),
                Err(error) => wrong.push(error),
            }
        }
        finish(done, self.skipped, wrong, job)
    }
}

/// Writes to one cluster, and returns the changes that are made now and what stopped the others. After Ctrl-C nothing more is
/// written.
async fn write_cluster<W: Write>(
    plan: &ClusterPlan<W>,
    interrupt: &Interrupt,
) -> (Vec<Change>, Result<(), Error>) {
    let mut made = Vec::new();
    for write in &plan.writes {
        let change = write.change();
        if change.action.is_write() {
            let sent = match interrupt.check() {
                Ok(()) => write.send(&plan.cluster).await,
                Err(interrupted) => Err(interrupted),
            };
            if let Err(error) = sent {
                return (made, Err(error));
            }
        }
        made.push(change);
    }
    (made, Ok(()))
}

/// Tells a change. What is as planned already is no dry run.
fn tell(change: Change, dry_run: DryRun, job: Job<'_>) -> Result<(), Error> {
    let dry_run = if change.action.is_write() {
        dry_run
    } else {
        DryRun::None
    };
    job.done(change, dry_run)
}

/// Ends with the clusters that are `done`, beside those that were `skipped` before and the writes that went `wrong`.
fn finish(
    done: Vec<Cluster>,
    skipped: Vec<Error>,
    wrong: Vec<Error>,
    job: Job<'_>,
) -> Result<Applied, Error> {
    let mut outcome = Outcome::default();
    if !done.is_empty() {
        outcome.done();
    }
    outcome.skip(skipped, "nothing was changed there");
    let broken = "not all objects were applied there: run this command again";
    outcome.wrong(wrong, Meaning::same(broken));
    let exit = outcome.end(&job)?;
    Ok(Applied { done, exit })
}
