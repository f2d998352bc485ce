//! Secrets that have a token and get no new one, since neither the operator nor the remote cluster says that they are to. Pure.

use mesh_common::model::Error;
use mesh_common::model::command::suite;

use crate::rotate::model::{Entitlement, HolderSecret, Rotation, RotationState};

/// Returns an error for each of them, with the command that makes its cluster a holder.
pub(super) fn unrecorded(
    rotation: &Rotation,
    state: &RotationState,
    namespace: &str,
) -> Vec<Error> {
    let holder = |secret: &HolderSecret| &state.clusters[secret.entry.holder];
    let remote = state.clusters[rotation.chain.remote].context();
    let old = rotation
        .with_old()
        .filter(|secret| holder(secret).is_writable && !secret.is_entitled());
    old.map(|secret| {
        let which = format!(
            "secret {} in context {}",
            secret.entry.name(),
            holder(secret).context()
        );
        let key = &secret.entry.key;
        if secret.entitlement == Entitlement::OtherName {
            return Error::refused(format!(
                "{which} is for cluster {key}, and its token gives access to the cluster of context {remote}, which does not have that name, so it is not replaced"
            ))
            .hint("if the secret is meant to give access to that cluster, name its context with --remote-context");
        }
        let same_key = rotation.holders.iter().filter(|one| {
            holder(one).is_writable
                && one.entry.key == *key
                && one.entitlement != Entitlement::OtherName
        });
        let mut contexts: Vec<&str> = same_key.map(|one| holder(one).context()).collect();
        contexts.dedup();
        let kubectl = holder(secret).cluster.target().kubectl();
        let command = suite::secret_rotate(key, kubectl, &contexts, namespace);
        Error::refused(format!(
            "{which} has a token of the cluster of context {remote}, which has no record of it as a holder, so it keeps its old token: name its context with --context to give it the new token, or delete the secret if it is not needed"
        ))
        .hint(command)
    })
    .collect()
}
