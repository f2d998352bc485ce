//! What stands in the way of a rotation, as far as it is known before anything is done: of writing secrets, and of revoking the
//! old token. Pure.

use mesh_common::model::backing_secret::is_bound_secret;
use mesh_common::model::error::Kind;
use mesh_common::model::ownership::{TakeOver, take_over};
use mesh_common::model::{Error, Exit};

use super::unrecorded::unrecorded;
use crate::rotate::model::{
    ClusterState, HolderSecret, Obstacle, Rotation, RotationState, TokenKind,
};

/// Returns an error for each secret that another field manager owns, and that would be written.
pub(crate) fn conflicts(rotation: &Rotation, clusters: &[ClusterState]) -> Vec<Error> {
    let error = |secret: &HolderSecret| {
        let entry = &secret.entry;
        let owners = match take_over(&entry.secret, &entry.key) {
            TakeOver::Free | TakeOver::FromGuide => return None,
            TakeOver::Stranger(owners) => owners,
        };
        let namespace = entry.secret.metadata.namespace.as_deref();
        Some(
            Error::new(
                Kind::Conflict,
                format!(
                    "secret {}/{} in context {} belongs to {}",
                    namespace.unwrap_or_default(),
                    entry.name(),
                    clusters[entry.holder].context(),
                    owners.join(", ")
                ),
            )
            .hint("change it in its source, or take it over with --force-conflicts"),
        )
    };
    rotation.to_update(clusters).filter_map(error).collect()
}

/// Returns what is known to stand in the way of revoking the old token.
pub(crate) fn obstacles(
    rotation: &Rotation,
    state: &RotationState,
    namespace: &str,
) -> Vec<Obstacle> {
    let holder = |secret: &HolderSecret| &state.clusters[secret.entry.holder];
    let left_out = rotation
        .with_old()
        .filter(|secret| !holder(secret).is_writable)
        .map(|secret| Obstacle::still_used(secret.entry.name(), holder(secret).context()));
    let unrecorded = unrecorded(rotation, state, namespace)
        .into_iter()
        .map(|error| Obstacle {
            reason: error.to_string(),
            fixes: error.hints().to_vec(),
            exit: Exit::Partial,
        });
    // A token that was issued for one holder alone is in no other cluster.
    let may_hold = state
        .unread
        .iter()
        .filter(|_| !rotation.is_for_one_holder());
    let unread = may_hold.map(|one| Obstacle {
        reason: format!(
            "context {} could not be read, and a remote secret there may contain the old token: {}",
            one.context,
            one.error.in_one_line()
        ),
        fixes: vec![
            format!(
                "make context {} reachable, or, only if no other cluster uses the token, name all holders with --context and add --no-other-holders",
                one.context
            )
            .into(),
        ],
        exit: Exit::Partial,
    });
    left_out
        .chain(unrecorded)
        .chain(unread)
        .chain(bound_to_other(rotation, state))
        .collect()
}

/// Returns the obstacle of a token that is bound to a Secret which is not there for it alone.
fn bound_to_other(rotation: &Rotation, state: &RotationState) -> Option<Obstacle> {
    let chain = &rotation.chain;
    let is_other = match rotation.kind {
        TokenKind::Secret => false,
        TokenKind::TokenRequest(_) => !is_bound_secret(&chain.old),
    };
    is_other.then(|| Obstacle {
        reason: format!(
            "secret {}/{} in context {}, which the old token is bound to, was not created for it or contains other data, so it is not deleted",
            chain.namespace,
            chain.old_name(),
            state.clusters[chain.remote].context()
        ),
        fixes: vec!["to revoke the old token, delete that Secret yourself".into()],
        exit: Exit::Partial,
    })
}

/// Returns true where the same secret was known to have the old token and to get no new one.
pub(crate) fn is_left_out(rotation: &Rotation, found: &HolderSecret) -> bool {
    let uid = |secret: &HolderSecret| secret.entry.secret.metadata.uid.clone();
    let is_same = |secret: &&HolderSecret| {
        secret.entry.holder == found.entry.holder && uid(secret) == uid(found)
    };
    let mut same = rotation.with_old().filter(is_same);
    same.any(|secret| !secret.is_entitled())
}
