//! Carries out sequences of writes, all at once, and reports what came of them in their order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use mesh_client::{Cluster, Interrupt, fan_out};
use mesh_model::Error;
use mesh_model::change::DryRun;
use mesh_model::event::Event;

use super::Write;
use crate::Job;

/// The extent to which writes are carried out.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// They are sent.
    Send,
    /// They are checked by the servers, and reported.
    Rehearse,
    /// They are only reported, as those of this dry run.
    Report(DryRun),
}

impl From<DryRun> for Extent {
    fn from(dry_run: DryRun) -> Self {
        match dry_run {
            DryRun::None => Self::Send,
            DryRun::Client => Self::Report(DryRun::Client),
            DryRun::Server => Self::Rehearse,
        }
    }
}

/// Carries out all sequences at once, the writes of each in their order: where one fails, those after it in its sequence are not
/// made. Each write is reported once it is made and the sequences before its own are at their end. Returns the sequences that were
/// carried out to their end, and the errors of the others, in the order given.
pub(crate) async fn carry_out<W: Write, S: AsMut<[W]>>(
    sequences: impl IntoIterator<Item = (Cluster, S)>,
    extent: Extent,
    job: &Job<'_>,
) -> Vec<Result<(Cluster, S), Error>> {
    let order = Order::default();
    fan_out(
        sequences.into_iter().enumerate(),
        |(number, (cluster, mut writes))| {
            let order = &order;
            async move {
                let mut result = Ok(());
                for write in writes.as_mut() {
                    result = match one(&cluster, write, extent, job.interrupt).await {
                        Ok(dry_run) => order.report(number, write.event(dry_run), job),
                        Err(error) => Err(error),
                    };
                    if result.is_err() {
                        break;
                    }
                }
                order.end(number, job)?;
                result.map(|()| (cluster, writes))
            }
        },
    )
    .await
}

/// Carries out one write, and returns how far that went. What is as planned already is no dry run; after Ctrl-C nothing more is
/// sent.
async fn one<W: Write>(
    cluster: &Cluster,
    write: &mut W,
    extent: Extent,
    interrupt: &Interrupt,
) -> Result<DryRun, Error> {
    if !write.change().action.is_write() {
        return Ok(DryRun::None);
    }
    match extent {
        Extent::Report(dry_run) => Ok(dry_run),
        Extent::Rehearse if !write.can_be_rehearsed() => Ok(DryRun::Client),
        Extent::Rehearse => {
            interrupt.check()?;
            write.rehearse(cluster).await.map(|()| DryRun::Server)
        }
        Extent::Send => {
            interrupt.check()?;
            write.send(cluster).await.map(|()| DryRun::None)
        }
    }
}

/// Reports the events of each sequence once those before it are at their end.
#[derive(Default)]
struct Order {
    /// The first sequence that is not at its end.
    first: Cell<usize>,
    later: RefCell<BTreeMap<usize, Pending>>,
}

/// The events of a sequence that are not reported yet.
#[derive(Default)]
struct Pending {
    events: Vec<Event>,
    is_at_end: bool,
}

impl Order {
    fn report(&self, number: usize, event: Event, job: &Job<'_>) -> Result<(), Error> {
        if number == self.first.get() {
            return job.events.report(event);
        }
        let mut later = self.later.borrow_mut();
        later.entry(number).or_default().events.push(event);
        Ok(())
    }

    fn end(&self, number: usize, job: &Job<'_>) -> Result<(), Error> {
        let mut later = self.later.borrow_mut();
        later.entry(number).or_default().is_at_end = true;
        while let Some(pending) = later.remove(&self.first.get()) {
            for event in pending.events {
                job.events.report(event)?;
            }
            if !pending.is_at_end {
                break;
            }
            self.first.set(self.first.get() + 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use mesh_client::{Connector, ConnectorOptions};

    use super::*;

    #[test]
    fn events_are_told_once_the_sequences_before_are_at_their_end() {
        let events = RefCell::new(Vec::<Event>::new());
        let connector = Connector::new(ConnectorOptions::new("test/1", Timestamp::UNIX_EPOCH));
        let (_pressed, interrupt) = Interrupt::new();
        let job = Job {
            connector: &connector,
            interrupt: &interrupt,
            events: &events,
            applied_by: "test/1",
            now: Timestamp::UNIX_EPOCH,
        };
        let order = Order::default();
        let reported = || {
            let events = events.borrow();
            let notes = events.iter().map(|event| match event {
                Event::Note(note) => note.clone(),
                other => format!("{other:?}"),
            });
            notes.collect::<Vec<_>>().concat()
        };
        let report = |number, note: &str| {
            order
                .report(number, Event::Note(note.to_owned()), &job)
                .expect("it is reported");
            reported()
        };
        let end = |number| {
            order.end(number, &job).expect("it is reported");
            reported()
        };
        assert_eq!(report(1, "c"), "");
        assert_eq!(report(0, "a"), "a");
        assert_eq!(report(3, "f"), "a");
        assert_eq!(end(2), "a");
        assert_eq!(report(0, "b"), "ab");
        assert_eq!(end(0), "abc");
        assert_eq!(report(1, "d"), "abcd");
        assert_eq!(end(3), "abcd");
        assert_eq!(report(1, "e"), "abcde");
        assert_eq!(end(1), "abcdef");
    }
}
