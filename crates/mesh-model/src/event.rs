//! What a job tells while it works. A caller prints events, shows them on a board, or collects them.

use std::cell::RefCell;

use crate::change::{Change, DryRun};
use crate::command::Remedy;
use crate::error::Error;

/// Something that happened, or that would happen in a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An object is as the job was asked to make it. These events are the job's result.
    Done {
        /// What was done to the object.
        change: Change,
        /// Whether it was only tried.
        dry_run: DryRun,
    },
    /// An object was changed on the way to the result.
    Step {
        /// What was done to the object.
        change: Change,
        /// Whether it was only tried.
        dry_run: DryRun,
    },
    /// A result that no change describes, in one line.
    Line(String),
    /// Something good to know, in one line.
    Note(String),
    /// Something is wrong, and the job goes on.
    Warning {
        /// What is wrong, in one line.
        text: String,
        /// What can be done about it.
        hints: Vec<Remedy>,
    },
}

impl Event {
    /// Returns a warning of which nothing can be done.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::Warning {
            text: text.into(),
            hints: Vec::new(),
        }
    }

    /// Returns the warning that `error` is, with what that means for the rest, which goes on.
    pub fn warning_of(error: &Error, meaning: &str) -> Self {
        Self::Warning {
            text: format!("{}; {meaning}", error.in_one_line()),
            hints: error.hints().to_vec(),
        }
    }
}

/// Where a job tells its events, in the order in which they happen.
pub trait Events {
    /// Takes one event.
    ///
    /// # Errors
    /// The event is a result and cannot be handed on, for example because the disk is full. The job stops.
    fn tell(&self, event: Event) -> Result<(), Error>;
}

/// Collects the events.
impl Events for RefCell<Vec<Event>> {
    fn tell(&self, event: Event) -> Result<(), Error> {
        self.borrow_mut().push(event);
        Ok(())
    }
}
