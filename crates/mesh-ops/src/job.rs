//! What every job on clusters is carried out with, and how it reports what happens.

use jiff::Timestamp;
use mesh_client::{Connector, Interrupt};
use mesh_model::change::{Change, DryRun};
use mesh_model::error::Error;
use mesh_model::event::{Event, Events};

/// The surroundings of a job: everything that it needs beside its request.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Opens connections.
    pub connector: &'a Connector,
    /// Ctrl-C.
    pub interrupt: &'a Interrupt,
    /// Hears what happens.
    pub events: &'a dyn Events,
    /// Name and version of the program, for the annotation on what is applied.
    pub applied_by: &'a str,
    /// The time at which the job began.
    pub now: Timestamp,
}

impl Job<'_> {
    /// Reports a result.
    pub fn done(&self, change: Change, dry_run: DryRun) -> Result<(), Error> {
        self.events.report(Event::Done { change, dry_run })
    }

    /// Reports what was done on the way to the result.
    pub fn step(&self, change: Change, dry_run: DryRun) -> Result<(), Error> {
        self.events.report(Event::Step { change, dry_run })
    }

    /// Reports something worth knowing.
    pub fn note(&self, text: impl Into<String>) -> Result<(), Error> {
        self.events.report(Event::Note(text.into()))
    }

    /// Warns of something odd, which stops nothing.
    pub fn warn(&self, text: impl Into<String>) -> Result<(), Error> {
        self.events.report(Event::Warning {
            text: text.into(),
            hints: Vec::new(),
        })
    }

    /// Reports what went wrong, what that means for the rest, which goes on, and what can be done about it.
    pub fn warn_of(&self, error: &Error, meaning: &str) -> Result<(), Error> {
        self.events.report(Event::Warning {
            text: format!("{}; {meaning}", error.in_one_line()),
            hints: error.hints().to_vec(),
        })
    }
}
