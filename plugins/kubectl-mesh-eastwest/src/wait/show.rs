//! Shows the result of a wait, for every verb that waits.

use mesh_common::model::eastwest::EastWestStatus;
use mesh_common::model::snapshot::{ClusterSnapshot, MeshSnapshot};
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
    waited: Vec<(String, Result<ClusterSnapshot, Error>)>,
    output: &OutputFlags,
    environment: &Environment,
    streams: &Streams,
) -> Result<Exit, Error> {
    let mesh = MeshSnapshot::join(environment.now, waited)?;
    for note in mesh.notes() {
        streams.say(&note);
    }
    let read = mesh.clusters.iter();
    let missing: Vec<Error> = read.flat_map(|seen| wait.ran_out(seen)).collect();
    let status = EastWestStatus::judged(&mesh, wait.name);
    let reached = status.unreached.is_empty();
    streams.data(&render(&Waited(status), output)?)?;
    match Error::all(missing) {
        Some(error) => Err(error),
        None if reached => Ok(Exit::Fine),
        None => Ok(Exit::Partial),
    }
}
