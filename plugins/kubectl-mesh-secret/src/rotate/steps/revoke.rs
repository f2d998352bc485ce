//! Revokes the old token, once every holder was read again and none has it.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::fan_out;
use mesh_common::model::backing_secret::{held_token, is_bound_secret};
use mesh_common::model::change::DryRun;
use mesh_common::model::error::Error;
use mesh_common::model::reader::is_token_of;
use mesh_common::model::rotation_names::default_token_secret_name;
use mesh_common::ops::secret::amend::{delete, replace_token};
use secrecy::SecretString;

use super::plan::{carried, default_secret, revoked};
use super::work::Work;
use crate::rotate::chain::{is_left_out, tokens_of};
use crate::rotate::model::{Holds, Obstacle, Rotation, TokenKind};
use crate::rotate::observe::remote_secrets;

/// Returns what has the old token now in the clusters that were read: somebody may have given it out meanwhile.
pub(super) async fn still_used(
    work: Work<'_>,
    rotation: &Rotation,
) -> Result<Vec<Obstacle>, Error> {
    let numbered = work.state.clusters.iter().enumerate();
    let lists = work.job.interrupt.or(async {
        Ok(fan_out(numbered, |(number, state)| async move {
            let secrets = remote_secrets(&state.cluster, &work.request.namespace).await;
            (number, secrets)
        })
        .await)
    });
    let mut all = Vec::new();
    for (number, secrets) in lists.await? {
        all.extend(tokens_of(number, &secrets?));
    }
    let holders = work.registry.holders(&rotation.chain, &all);
    let holders = work.job.interrupt.or(holders).await?;
    let with_old = holders.iter().filter(|holder| holder.holds == Holds::Old);
    // Those that were left out are told of already.
    Ok(with_old
        .map(|holder| (holder, work.cluster(holder.entry.holder)))
        .filter(|(holder, cluster)| cluster.is_writable && !is_left_out(rotation, holder))
        .map(|(holder, cluster)| Obstacle::still_used(holder.entry.name(), cluster.context()))
        .collect())
}

/// Revokes the old token.
///
/// A token is revoked when its Secret holds another one, or is deleted. The Secret of the default name stays and gets the new
/// token, so that `create` gives that one out, and so that nobody makes the Secret again and the old token with it.
pub(super) async fn revoke(
    work: Work<'_>,
    rotation: &Rotation,
    new_token: Option<&SecretString>,
) -> Result<(), Error> {
    let chain = &rotation.chain;
    let (remote, interrupt) = (&work.remote(chain).cluster, work.job.interrupt);
    let is_default = default_token_secret_name(chain.old_name()) == chain.old_name();
    let is_kept = is_default && rotation.kind == TokenKind::Secret;
    let old = held_token(&chain.old).unwrap_or_default();
    if let Some(token) = new_token.filter(|_| is_kept) {
        replace_token(remote, interrupt, &chain.old, old, token).await?;
    }
    if let (Some(token), Some(secret)) = (new_token, default_secret(chain, rotation.kind)) {
        // One that holds a third token is none of this rotation's.
        let is_carried = replace_token(remote, interrupt, secret, old, token).await?;
        if is_carried && held_token(secret) == Some(old) {
            let change = carried(chain, secret, remote.context());
            work.job.step(change, DryRun::None)?;
        }
    }
    if !is_kept {
        let is_as_read = |now: &Secret| match rotation.kind {
            TokenKind::Secret => is_token_of(now, &chain.account) && held_token(now) == Some(old),
            TokenKind::TokenRequest(_) => is_bound_secret(now),
        };
        delete(remote, interrupt, &chain.old, is_as_read).await?;
    }
    work.job
        .done(revoked(chain, remote.context()), DryRun::None)
}
