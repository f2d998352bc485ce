//! What came of the deletions, and the exit code that follows.

use mesh_client::{concerns_one_cluster, is_refused};
use mesh_model::{Error, Exit};

use crate::Job;

/// The results of the deletions.
#[derive(Default)]
pub(super) struct Outcome {
    /// True if any secret is deleted, or there was nothing to do.
    pub is_any_done: bool,
    /// Failures that concern more than one cluster.
    failed: Vec<Error>,
    /// Deletions that a server did not allow: the secret is still there.
    refused: Vec<Error>,
    /// Requests that may have arrived though the answer did not.
    unknown: Vec<Error>,
}

impl Outcome {
    /// Adds what went wrong with secrets.
    pub(super) fn add(&mut self, wrong: Vec<Error>) {
        for error in wrong {
            if !concerns_one_cluster(&error) {
                self.failed.push(error);
            } else if is_refused(&error) {
                self.refused.push(error);
            } else {
                self.unknown.push(error);
            }
        }
    }

    /// Adds what failed whatever it concerns.
    pub(super) fn fail(&mut self, error: Error) {
        self.failed.push(error);
    }

    /// Returns true where every secret is known to be deleted.
    pub(super) fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.refused.is_empty() && self.unknown.is_empty()
    }

    /// Tells what was not done, and returns the exit code; `lost` are the holders that could not be read.
    ///
    /// # Errors
    /// What failed, and all that went wrong where nothing was done.
    pub(super) fn end(mut self, job: Job<'_>, mut lost: Vec<Error>) -> Result<Exit, Error> {
        if !self.is_any_done {
            self.failed.append(&mut lost);
            self.failed.append(&mut self.refused);
            self.failed.append(&mut self.unknown);
        }
        for error in &lost {
            job.warn_of(error, "its secrets are not deleted")?;
        }
        for error in &self.refused {
            job.warn_of(error, "the secret is not deleted there")?;
        }
        for error in &self.unknown {
            job.warn(format!(
                "{}; whether the secret is deleted there is not known, so run this again",
                error.in_one_line()
            ))?;
        }
        match Error::all(self.failed) {
            Some(error) => Err(error),
            None if lost.is_empty() && self.refused.is_empty() && self.unknown.is_empty() => {
                Ok(Exit::Fine)
            }
            None => Ok(Exit::Partial),
        }
    }
}
