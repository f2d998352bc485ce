//! What is told of a rotation: what a dry run would have done, and why a token is not revoked. Pure.

use std::collections::BTreeSet;

use mesh_common::model::change::{Action, DryRun};
use mesh_common::model::command::Remedy;
use mesh_common::model::event::{Event, Events};
use mesh_common::model::{Error, Exit};

use super::plan::Planned;
use crate::rotate::model::{Chain, Obstacle, RotationState};

/// Tells what a rotation would write.
///
/// # Errors
/// It could not be told.
pub(crate) fn dry_run(
    planned: &Planned,
    dry_run: DryRun,
    state: &RotationState,
    events: &dyn Events,
) -> Result<Exit, Error> {
    for change in &planned.changes {
        let change = change.clone();
        events.report(match change.action {
            Action::Create | Action::Annotate | Action::Configure => {
                Event::Step { change, dry_run }
            }
            _ => Event::Done { change, dry_run },
        })?;
    }
    if planned.obstacles.is_empty() {
        return Ok(Exit::Fine);
    }
    let chain = &planned.rotation.chain;
    let context = state.clusters[chain.remote].context();
    for event in not_revoked(chain, context, &planned.obstacles, false) {
        events.report(event)?;
    }
    Ok(Exit::Partial)
}

/// Returns the warnings that the old token is not revoked, and why.
pub(super) fn not_revoked(
    chain: &Chain,
    context: &str,
    obstacles: &[Obstacle],
    is_interrupted: bool,
) -> Vec<Event> {
    let mut known = BTreeSet::new();
    let mut hints: Vec<Remedy> = Vec::new();
    for (number, obstacle) in obstacles.iter().enumerate() {
        // The fixes of one obstacle are alternatives; every obstacle needs one of them.
        let mut is_next = number > 0;
        for fix in &obstacle.fixes {
            if !known.insert(fix.to_string()) {
                continue;
            }
            let is_check = matches!(fix, Remedy::Check(_));
            hints.push(if is_next && !is_check {
                is_next = false;
                Remedy::then(fix)
            } else {
                fix.clone()
            });
        }
    }
    // Who interrupted it is told so with the error.
    if !is_interrupted {
        hints.push(Remedy::then(
            "run the same command again: it continues with the new token",
        ));
    }
    let reasons = obstacles.iter().map(|one| Event::warning(&one.reason));
    let result = Event::Warning {
        text: format!(
            "the old token of secret {} in context {context} is not revoked; all secrets keep working",
            chain.old_name()
        ),
        hints,
    };
    reasons.chain([result]).collect()
}
