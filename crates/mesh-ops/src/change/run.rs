//! Carries out what was planned.

use mesh_client::{Cluster, Interrupt, each_alone, fan_out, with_lost};
use mesh_model::change::DryRun;
use mesh_model::{Error, Exit};

use super::{ClusterPlan, Extent, Meaning, Outcome, Plan, Write, carry_out};
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
    pub async fn rehearse(self, interrupt: &Interrupt) -> Result<Self, Error> {
        let results = interrupt
            .or(async {
                let checked = fan_out(self.clusters, |mut one| async move {
                    let (cluster, writes) = (&one.cluster, &mut one.writes);
                    let checks = fan_out(writes, |write| write.rehearse(cluster));
                    one.refused.extend(Error::parted(checks.await).1);
                    one.possible()
                });
                Ok(checked.await)
            })
            .await?;
        Self::of(results, self.skipped)
    }

    /// Returns the plan if all of it is possible as far as that is known without asking a server.
    ///
    /// # Errors
    /// All that is not possible, joined; a server that does not allow it is skipped.
    pub fn possible(self) -> Result<Self, Error> {
        let results = self.clusters.into_iter().map(ClusterPlan::possible);
        Self::of(results, self.skipped)
    }

    fn of(
        clusters: impl IntoIterator<Item = Result<ClusterPlan<W>, Error>>,
        mut skipped: Vec<Error>,
    ) -> Result<Self, Error> {
        let (clusters, unfit) =
            each_alone(clusters).map_err(|error| with_lost(error, &mut skipped))?;
        skipped.extend(unfit);
        Ok(Self { clusters, skipped })
    }

    /// Writes the changes and reports them; in a dry run they are only reported.
    ///
    /// # Errors
    /// A write that was refused, unless that concerns one cluster of several; where no cluster is as planned, all errors.
    pub async fn carry_out(self, dry_run: DryRun, job: Job<'_>) -> Result<Applied, Error> {
        let extent = match dry_run {
            DryRun::None => Extent::Send,
            rehearsed => Extent::Report(rehearsed),
        };
        let sequences = self.clusters.into_iter();
        let sequences = sequences.map(|one| (one.cluster, one.writes));
        let results = carry_out(sequences, extent, &job).await;
        let (done, wrong) = Error::parted(results);
        let mut outcome = Outcome::default();
        if !done.is_empty() {
            outcome.done();
        }
        outcome.skip(self.skipped, "nothing was changed there");
        let broken = "not all objects were applied there: run this command again";
        outcome.wrong(wrong, Meaning::same(broken));
        let exit = outcome.end(&job)?;
        Ok(Applied {
            done: done.into_iter().map(|(cluster, _)| cluster).collect(),
            exit,
        })
    }
}
