//! The tokens that are replaced and those that stay as they are, with the reasons.

use mesh_common::client::Interrupt;
use mesh_common::model::error::{Error, Kind};

use super::registry::Registry;
use super::skipped::{At, Skipped};
use super::unrecorded::unrecorded;
use crate::rotate::model::{Rotation, TokenEntry};

/// The tokens that were asked for, by what becomes of them.
pub(crate) struct Rotations {
    pub due: Vec<Rotation>,
    /// The reasons why others stay as they are, once for each secret that holds one.
    pub skipped: Vec<Error>,
    /// True if some token is not due.
    pub is_some_not_due: bool,
}

/// Returns the rotations of the `selected` tokens; `all` are those of every cluster that was read.
///
/// # Errors
/// Ctrl-C.
pub(crate) async fn rotations(
    registry: &Registry<'_>,
    selected: &[&TokenEntry],
    all: &[TokenEntry],
    interrupt: &Interrupt,
) -> Result<Rotations, Error> {
    let (chains, skipped) = interrupt.or(registry.chains(selected)).await?;
    let mut rotations = Rotations {
        due: Vec::new(),
        skipped: skipped
            .iter()
            .flat_map(|one| errors(one, registry))
            .collect(),
        is_some_not_due: false,
    };
    let (state, request) = (registry.state(), registry.request());
    for chain in chains {
        let holders = match interrupt.or(registry.holders(&chain, all)).await {
            Ok(holders) => holders,
            Err(error) if error.kind() == Kind::Interrupted => return Err(error),
            Err(error) => {
                rotations.skipped.push(error);
                continue;
            }
        };
        let rotation = Rotation::new(chain, holders);
        if !rotation.is_due(request.due, registry.now()) {
            rotations.is_some_not_due = true;
        } else if rotation.writable(&state.clusters).next().is_some() {
            rotations.due.push(rotation);
        } else {
            let errors = unrecorded(&rotation, state, &request.namespace);
            rotations.skipped.extend(errors);
        }
    }
    Ok(rotations)
}

/// Returns why a token stays as it is, once for each secret that holds it.
fn errors(skipped: &Skipped, registry: &Registry<'_>) -> Vec<Error> {
    let (state, request) = (registry.state(), registry.request());
    let error = |entry: &TokenEntry| {
        let at = At {
            holder: state.clusters[entry.holder].context(),
            remote: registry.context_of(entry),
            namespace: &request.namespace,
            kubectl: state.clusters[entry.holder].cluster.target().kubectl(),
        };
        skipped.reason.to_error(entry, at)
    };
    skipped.entries.iter().map(error).collect()
}
