//! `--token-duration`, as every verb that requests tokens checks it.

use std::time::Duration;

use mesh_common::model::Error;
use mesh_common::model::token::SHORTEST_MINUTES;

/// Checks the lifetime that was asked for, if any was.
///
/// # Errors
/// One that Kubernetes refuses.
pub(crate) fn check(lifetime: Option<Duration>) -> Result<(), Error> {
    let shortest = Duration::from_mins(SHORTEST_MINUTES.into());
    if lifetime.is_some_and(|lifetime| lifetime < shortest) {
        let error = Error::usage("--token-duration is shorter than Kubernetes allows");
        return Err(error.hint(format!("add --token-duration {SHORTEST_MINUTES}m")));
    }
    Ok(())
}
