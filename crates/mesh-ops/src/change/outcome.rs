//! What came of work on several clusters: what a failure in one of them means, and the exit code that follows.

use mesh_client::{concerns_one_cluster, is_refused, with_lost};
use mesh_model::error::Kind;
use mesh_model::{Error, Exit};

use crate::Job;

/// The results of work on several clusters. Where something was done, a failure that concerns one cluster is a warning, and the exit
/// code [`Exit::Partial`]; where nothing was done, all failures are errors.
#[derive(Default)]
pub struct Outcome {
    is_any_done: bool,
    /// Failures that concern more than one cluster.
    failed: Vec<Error>,
    /// Failures that concern one cluster, each with its meaning.
    lost: Vec<(Error, &'static str)>,
}

/// The meaning of a write that failed.
#[derive(Clone, Copy)]
pub struct Meaning {
    /// The server refused it: nothing is changed.
    pub refused: &'static str,
    /// The request may have arrived though its answer did not.
    pub unknown: &'static str,
}

impl Meaning {
    /// Returns the same meaning for every failure.
    pub fn same(meaning: &'static str) -> Self {
        Self {
            refused: meaning,
            unknown: meaning,
        }
    }

    fn of(self, error: &Error) -> &'static str {
        if is_refused(error) {
            self.refused
        } else {
            self.unknown
        }
    }
}

impl Outcome {
    /// Records that something is as planned.
    pub fn done(&mut self) {
        self.is_any_done = true;
    }

    /// Records clusters that were skipped before.
    pub fn skip(&mut self, errors: impl IntoIterator<Item = Error>, meaning: &'static str) {
        let skipped = errors.into_iter().map(|error| (error, meaning));
        self.lost.extend(skipped);
    }

    /// Records work that failed; what concerns more than one cluster fails the whole.
    pub fn wrong(&mut self, errors: impl IntoIterator<Item = Error>, meaning: Meaning) {
        for error in errors {
            if concerns_one_cluster(&error) {
                let meaning = meaning.of(&error);
                self.lost.push((error, meaning));
            } else {
                self.failed.push(error);
            }
        }
    }

    /// Records a failure of the whole, whatever it concerns.
    pub fn fail(&mut self, error: Error) {
        self.failed.push(error);
    }

    /// Returns whether Ctrl-C is among what failed.
    pub fn is_interrupted(&self) -> bool {
        let mut failed = self.failed.iter();
        failed.any(|error| error.kind() == Kind::Interrupted)
    }

    /// Returns whether nothing failed and no cluster was skipped.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.lost.is_empty()
    }

    /// Joins all failures to the error that stops the job.
    pub fn stopped_by(self, error: Error) -> Error {
        let lost = self.lost.into_iter().map(|(error, _)| error);
        let mut all = self.failed.into_iter().chain(lost).collect();
        with_lost(error, &mut all)
    }

    /// Warns of what is not done, and returns the exit code.
    ///
    /// # Errors
    /// Failures of the whole, and all failures where nothing was done.
    pub fn end(self, job: &Job<'_>) -> Result<Exit, Error> {
        let (warnings, exit) = self.judged();
        for (error, meaning) in &warnings {
            job.warn_of(error, meaning)?;
        }
        exit
    }

    /// Returns the failures that are warnings, and the exit code or the error.
    fn judged(mut self) -> (Vec<(Error, &'static str)>, Result<Exit, Error>) {
        if !self.is_any_done {
            let lost = self.lost.drain(..).map(|(error, _)| error);
            self.failed.extend(lost);
        }
        let exit = match Error::all(self.failed) {
            Some(error) => Err(error),
            None if self.lost.is_empty() => Ok(Exit::Fine),
            None => Ok(Exit::Partial),
        };
        (self.lost, exit)
    }
}

#[cfg(test)]
mod tests {
    use mesh_client::ApiFault;

    use super::*;

    const MEANING: Meaning = Meaning {
        refused: "not written",
        unknown: "not known",
    };

    fn away() -> Error {
        Error::new(Kind::Unreachable, "away")
    }

    fn denied() -> Error {
        Error::new(Kind::Forbidden, "denied").because(ApiFault::Forbidden {
            message: String::new(),
            user: None,
        })
    }

    fn conflict() -> Error {
        Error::new(Kind::Conflict, "conflict")
    }

    /// Returns the warnings, and the exit code or all errors.
    fn judged(outcome: Outcome) -> (Vec<String>, Result<Exit, Vec<String>>) {
        let (warnings, exit) = outcome.judged();
        let warnings = warnings.iter();
        let warnings = warnings.map(|(error, meaning)| format!("{error}: {meaning}"));
        let exit = exit.map_err(|error| {
            let also = error.also().iter().map(ToString::to_string);
            [error.to_string()].into_iter().chain(also).collect()
        });
        (warnings.collect(), exit)
    }

    #[test]
    fn a_failure_is_a_warning_where_something_was_done_and_an_error_where_nothing_was() {
        type Row<'r> = (bool, Vec<Error>, &'r [&'r str], Result<Exit, &'r [&'r str]>);
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rows: [Row<'_>; 5] = [
            (true, vec![], &["lost: skipped"], Ok(Exit::Partial)),
            (
                true,
                vec![away(), denied()],
                &["lost: skipped", "away: not known", "denied: not written"],
                Ok(Exit::Partial),
            ),
            (
                true,
                vec![conflict(), away()],
                &["lost: skipped", "away: not known"],
                Err(&["conflict"]),
            ),
            (false, vec![away()], &[], Err(&["lost", "away"])),
            (
                false,
                vec![away(), conflict()],
                &[],
                Err(&["conflict", "lost", "away"]),
            ),
        ];
        for (is_any_done, wrong, warnings, exit) in rows {
            let mut outcome = Outcome::default();
            if is_any_done {
                outcome.done();
            }
            outcome.skip([Error::new(Kind::Unreachable, "lost")], "skipped");
            outcome.wrong(wrong, MEANING);
            assert!(!outcome.is_clean());
            assert_eq!(judged(outcome), (texts(warnings), exit.map_err(texts)));
        }
        let nothing = Outcome::default();
        assert!(nothing.is_clean());
        assert_eq!(judged(nothing), (vec![], Ok(Exit::Fine)));
    }

    #[test]
    fn an_error_that_stops_the_job_is_joined_with_all_before_it() {
        let mut outcome = Outcome::default();
        outcome.done();
        outcome.wrong([away(), conflict()], MEANING);
        let stopped = outcome.stopped_by(Error::usage("stopped"));
        let also: Vec<String> = stopped.also().iter().map(ToString::to_string).collect();
        assert_eq!(also, ["conflict", "away"]);
    }
}
