//! Ends the old token, once every holder was read again and none has it.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::fan_out;
use mesh_common::model::error::Error;
use mesh_common::model::reader::is_token_of;
use mesh_common::model::succession::usual_name;
use mesh_common::model::token_home::{held_token, is_anchor};

use super::entries::entries;
use super::lineage::Lineage;
use super::observe::remote_secrets;
use super::plan::{Has, Obstacle, Rotation, Sort, still_used};
use super::steps::Work;
use super::successor::Minted;
use mesh_common::ops::secret::amend::{delete, replace_token};

/// What of the clusters that were read has the old token now: somebody may have given it out meanwhile.
pub(super) async fn still_held(
    work: &Work<'_>,
    rotation: &Rotation,
) -> Result<Vec<Obstacle>, Error> {
    let numbered = work.seen.places.iter().enumerate();
    let lists = work.interrupt.or(async {
        Ok(fan_out(numbered, |(number, place)| async move {
            let secrets = remote_secrets(&place.cluster, &work.order.namespace).await;
            (number, secrets)
        })
        .await)
    });
    let mut all = Vec::new();
    for (number, secrets) in lists.await? {
        all.extend(entries(number, &secrets?).0);
    }
    let parts = work.registry.parts(&rotation.lineage, &all);
    let parts = work.interrupt.or(parts).await?;
    let of_old = parts.iter().filter(|part| part.has == Has::Old);
    // Those that were left out are told of already.
    Ok(of_old
        .map(|part| (part, work.place(part.entry.place)))
        .filter(|(part, place)| place.named && !rotation.is_left_out(part))
        .map(|(part, place)| still_used(part.entry.name(), place.context()))
        .collect())
}

/// Revokes the old token.
///
/// A token ends when its Secret holds another one, or is gone. The Secret of the usual name stays and gets the new token, so
/// that `create` gives that one out, and so that nobody makes the Secret again and the old token with it.
pub(super) async fn revoke(
    work: &Work<'_>,
    rotation: &Rotation,
    minted: &Minted,
) -> Result<(), Error> {
    let lineage = &rotation.lineage;
    let source = &work.source(lineage).cluster;
    let is_usual = usual_name(lineage.old_name()) == lineage.old_name();
    let old = held_token(&lineage.old).unwrap_or_default();
    if let (Sort::Kept, Some(token)) = (rotation.sort, &minted.token) {
        let usual = if is_usual {
            Some(&lineage.old)
        } else {
            lineage.usual.as_ref()
        };
        if let Some(usual) = usual {
            // One that holds a third token is none of this rotation's.
            replace_token(source, work.interrupt, usual, old, token).await?;
        }
    }
    if !(is_usual && rotation.sort == Sort::Kept) {
        let home = |now: &Secret| match rotation.sort {
            Sort::Kept => is_token_of(now, &lineage.account) && held_token(now) == Some(old),
            Sort::Bound(_) => is_anchor(now),
        };
        delete(source, work.interrupt, &lineage.old, home).await?;
    }
    work.streams.data(&line(lineage, source.context(), ""))
}

/// What is said of it.
pub(super) fn line(lineage: &Lineage, context: &str, suffix: &str) -> String {
    format!(
        "old token of secret/{} revoked in context {context}{suffix}\n",
        lineage.old_name()
    )
}
