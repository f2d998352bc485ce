//! What a rotation writes, known before its first write. Pure.
//!
//! The marks and records on token Secrets are part of the changes that they belong to, and none of their own.

use mesh_common::model::change::{Action, Change, ChangeSet, ObjectRef};

use crate::rotate::chain::obstacles;
use crate::rotate::model::{Chain, Obstacle, Rotation, RotationState, TokenEntry, TokenKind};

/// A rotation with all that is known of it before anything is written.
pub(crate) struct Planned {
    pub rotation: Rotation,
    /// The obstacles to revoking the old token.
    pub obstacles: Vec<Obstacle>,
    pub changes: ChangeSet,
}

impl Planned {
    /// Plans a rotation for the secrets of this Istio namespace.
    pub(crate) fn new(rotation: Rotation, state: &RotationState, namespace: &str) -> Self {
        let obstacles = obstacles(&rotation, state, namespace);
        let chain = &rotation.chain;
        let remote = state.clusters[chain.remote].context();
        let created = chain
            .new
            .is_none()
            .then(|| created(chain, rotation.kind, remote));
        let updated = rotation
            .to_update(&state.clusters)
            .map(|holder| updated(&holder.entry, state.clusters[holder.entry.holder].context()));
        let revoked = obstacles.is_empty().then(|| revoked(chain, remote));
        let changes = created.into_iter().chain(updated).chain(revoked).collect();
        Self {
            rotation,
            obstacles,
            changes,
        }
    }
}

/// Returns the change by which the Secret of the new token is created.
fn created(chain: &Chain, kind: TokenKind, context: &str) -> Change {
    let object = ObjectRef::secret(&chain.namespace, &chain.new_name);
    Change::new(context, object, Action::Create).because(match kind {
        TokenKind::Secret => "it contains the new token",
        TokenKind::TokenRequest(_) => "the new token is bound to it",
    })
}

/// Returns the change by which a holder gets the new token.
pub(super) fn updated(entry: &TokenEntry, context: &str) -> Change {
    Change::new(context, object(entry), Action::Rotate)
}

/// Returns the change of a holder that has the new token already.
pub(super) fn kept(entry: &TokenEntry, context: &str) -> Change {
    Change::new(context, object(entry), Action::Keep).because("it has the new token already")
}

/// Returns the change by which the old token is revoked.
pub(super) fn revoked(chain: &Chain, context: &str) -> Change {
    let object = ObjectRef::secret(&chain.namespace, chain.old_name());
    Change::new(context, object, Action::Revoke).because("no istiod uses its token any more")
}

fn object(entry: &TokenEntry) -> ObjectRef {
    let namespace = entry.secret.metadata.namespace.as_deref();
    ObjectRef::secret(namespace.unwrap_or_default(), entry.name())
}
