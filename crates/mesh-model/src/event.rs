//! Events of a running job. A caller prints them, shows them in a user interface, or collects them.

use std::cell::RefCell;

use crate::change::{Change, DryRun};
use crate::command::Remedy;
use crate::error::Error;

/// Something that happened, or would happen without the dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An object is now as the job was asked to make it. These events are the job's result.
    Done {
        /// The change of the object.
        change: Change,
        /// The dry-run mode.
        dry_run: DryRun,
    },
    /// An object was changed as an intermediate step.
    Step {
        /// The change of the object.
        change: Change,
        /// The dry-run mode.
        dry_run: DryRun,
    },
    /// A result that is not a change, in one line.
    Line(String),
    /// A note, in one line.
    Note(String),
    /// Something is wrong, and the job continues.
    Warning {
        /// The problem, in one line.
        text: String,
        /// Possible remedies.
        hints: Vec<Remedy>,
    },
}

impl Event {
    /// Returns a warning without hints.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::Warning {
            text: text.into(),
            hints: Vec::new(),
        }
    }

    /// Returns a warning about `error`, with its meaning for the rest of the job, which continues.
    pub fn warning_of(error: &Error, meaning: &str) -> Self {
        Self::Warning {
            text: format!("{}; {meaning}", error.in_one_line()),
            hints: error.hints().to_vec(),
        }
    }
}

/// A receiver of a job's events, in the order in which they happen.
pub trait Events {
    /// Handles one event.
    ///
    /// # Errors
    /// The event is a result and cannot be delivered, for example because the disk is full. The job stops.
    fn report(&self, event: Event) -> Result<(), Error>;
}

/// Collects the events.
impl Events for RefCell<Vec<Event>> {
    fn report(&self, event: Event) -> Result<(), Error> {
        self.borrow_mut().push(event);
        Ok(())
    }
}
