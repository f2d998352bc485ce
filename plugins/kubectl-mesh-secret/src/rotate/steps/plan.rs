//! What a rotation writes, known before its first write. Pure.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::backing_secret::held_token;
use mesh_common::model::change::{Action, Change, ChangeSet, ObjectRef};
use mesh_common::model::holder_record::missing_annotations;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::rotation_names::{default_token_secret_name, next_secret};

use crate::rotate::chain::obstacles;
use crate::rotate::holder_secret::has_last_applied;
use crate::rotate::model::{
    Chain, ClusterState, Entitlement, HolderSecret, Holds, Obstacle, Rotation, RotationState,
    TokenEntry, TokenKind,
};

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
        let clusters = &state.clusters;
        let new = match &chain.new {
            None => Some(created(chain, rotation.kind, remote)),
            Some(new) => {
                let is_lacking = !lacking(&rotation, clusters, new).is_empty();
                is_lacking.then(|| recorded(chain, remote))
            }
        };
        let marked = (!is_marked(chain)).then(|| marked(chain, remote));
        let holders = rotation.writable(clusters);
        let holders = holders.filter_map(|holder| in_holder(holder, clusters));
        let ends = [
            default_secret(chain, rotation.kind)
                .filter(|secret| {
                    let held = held_token(secret);
                    held.is_some() && held == held_token(&chain.old)
                })
                .map(|secret| carried(chain, secret, remote)),
            Some(revoked(chain, remote)),
        ];
        let ends = ends.into_iter().flatten().filter(|_| obstacles.is_empty());
        let changes = new.into_iter().chain(marked).chain(holders).chain(ends);
        let changes = changes.collect();
        Self {
            rotation,
            obstacles,
            changes,
        }
    }
}

/// Returns the change of a holder, if it needs one.
fn in_holder(holder: &HolderSecret, clusters: &[ClusterState]) -> Option<Change> {
    let (entry, context) = (&holder.entry, clusters[holder.entry.holder].context());
    match holder.holds {
        Holds::Old => Some(updated(entry, context)),
        Holds::New => has_last_applied(&entry.secret).then(|| cleaned(entry, context)),
    }
}

/// Returns the annotations that `backing` lacks to record all holders of the new token.
pub(super) fn lacking(
    rotation: &Rotation,
    clusters: &[ClusterState],
    backing: &Secret,
) -> BTreeMap<String, String> {
    let known = rotation
        .holders
        .iter()
        .filter(|holder| match holder.entitlement {
            Entitlement::Recorded | Entitlement::Named => true,
            Entitlement::Unknown | Entitlement::OtherName => false,
        });
    let records =
        known.filter_map(|holder| clusters[holder.entry.holder].record(&holder.entry.secret));
    missing_annotations(backing, &records.collect())
}

/// Returns whether the Secret of the old token names that of the new one.
pub(super) fn is_marked(chain: &Chain) -> bool {
    next_secret(&chain.old) == Some(&chain.new_name)
}

/// Returns the Secret of the default name where the old token is that of another token Secret: it gets the new token, so that
/// `create` gives that one out.
pub(super) fn default_secret(chain: &Chain, kind: TokenKind) -> Option<&Secret> {
    let is_default = default_token_secret_name(chain.old_name()) == chain.old_name();
    let other = chain.default_secret.as_ref().filter(|_| !is_default);
    other.filter(|_| kind == TokenKind::Secret)
}

/// Returns the change by which the Secret of the new token is created.
fn created(chain: &Chain, kind: TokenKind, context: &str) -> Change {
    let object = ObjectRef::secret(&chain.namespace, &chain.new_name);
    Change::new(context, object, Action::Create).because(match kind {
        TokenKind::Secret => "it contains the new token, and records its holders",
        TokenKind::TokenRequest(_) => "the new token is bound to it, and it records its holders",
    })
}

/// Returns the change by which the Secret of the new token records the holders that it lacks.
pub(super) fn recorded(chain: &Chain, context: &str) -> Change {
    let object = ObjectRef::secret(&chain.namespace, &chain.new_name);
    Change::new(context, object, Action::Annotate)
        .because("it records the holders of the new token")
}

/// Returns the change by which the Secret of the old token names that of the new one.
pub(super) fn marked(chain: &Chain, context: &str) -> Change {
    let object = ObjectRef::secret(&chain.namespace, chain.old_name());
    Change::new(context, object, Action::Annotate).because("it names the Secret of the new token")
}

/// Returns the change by which the Secret of the default name gets the new token.
pub(super) fn carried(chain: &Chain, secret: &Secret, context: &str) -> Change {
    let object = ObjectRef::secret(&chain.namespace, own_name(secret));
    Change::new(context, object, Action::Configure).because("it contains the old token")
}

/// Returns the change of a holder that has the new token, and kubectl's copy of the secret with the old one.
pub(super) fn cleaned(entry: &TokenEntry, context: &str) -> Change {
    Change::new(context, object(entry), Action::Unannotate)
        .because("kubectl's copy of the secret in it contains the old token")
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
