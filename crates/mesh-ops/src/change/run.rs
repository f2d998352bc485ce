//! Carries out what was planned.

use mesh_client::{Cluster, Interrupt, each_alone, fan_out, with_lost};
use mesh_model::change::DryRun;
use mesh_model::{Error, Exit};

use super::{Extent, Meaning, Outcome, Plan, Write, carry_out};
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
        let extent = match dry_run {
            DryRun::None => Extent::Send,
            rehearsed => Extent::Tell(rehearsed),
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
