//! Shows the result of a wait, for every verb that waits.

use mesh_common::model::eastwest::{ClusterObservation, EastWestStatus};
use mesh_common::model::fleet::{EachOnce, each_once};
use mesh_common::model::{Error, Exit};
use mesh_common::ops::gateway::AddressWait;
use mesh_common::terminal::output::{OutputFlags, render};
use mesh_common::terminal::{Environment, Streams};

use super::report::Waited;

/// Shows the result of a wait in each cluster.
///
/// # Errors
/// Every gateway without an address, as a wait that ran out; what was last seen is shown before.
pub(crate) fn show(
    wait: AddressWait<'_>,
    waited: Vec<(String, Result<ClusterObservation, Error>)>,
    output: &OutputFlags,
    environment: &Environment,
    streams: &Streams,
) -> Result<Exit, Error> {
    let once: EachOnce<ClusterObservation> = each_once(waited, |seen| seen.facts.uid())?;
    for note in &once.notes {
        streams.say(note);
    }
    let read = once.read.iter();
    let missing: Vec<Error> = read.flat_map(|(_, seen)| wait.ran_out(seen)).collect();
    let status = EastWestStatus::new(once, environment.now);
    let reached = status.unreached.is_empty();
    streams.data(&render(&Waited(status), output)?)?;
    match Error::all(missing) {
        Some(error) => Err(error),
        None if reached => Ok(Exit::Fine),
        None => Ok(Exit::Partial),
    }
}
