//! One rotation from the first write to the last: the new token is issued and used once, each holder gets it and is seen to use
//! it, and only then the old one is revoked.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::fan_out;
use mesh_common::model::change::DryRun;
use mesh_common::model::error::Kind;
use mesh_common::model::event::Event;
use mesh_common::model::{Error, Exit};
use secrecy::SecretString;

use super::new_token::{issue, verify};
use super::plan::{Planned, kept, updated};
use super::report::not_revoked;
use super::revoke::{revoke, still_used};
use super::update::update_secret;
use super::work::Work;
use crate::rotate::adoption::{Notice, Watch};
use crate::rotate::model::{HolderSecret, Rotation};

/// A holder's secret with the new token.
struct Updated<'r> {
    holder: &'r HolderSecret,
    watch: Watch<'r>,
    /// The secret as it is then.
    secret: Secret,
}

/// Replaces one token as far as that is possible now.
///
/// # Errors
/// What failed; the old token is then not revoked.
pub(crate) async fn rotate(work: Work<'_>, planned: &Planned) -> Result<Exit, Error> {
    let rotation = &planned.rotation;
    let mut obstacles = planned.obstacles.clone();
    let new_token = issue(work, rotation).await?;
    verify(work, rotation, new_token.as_ref()).await?;
    let (updated, mut failed) = update_all(work, rotation, new_token.as_ref()).await?;
    if failed.is_empty() {
        let adoption = fan_out(updated, |one| async move {
            one.watch
                .wait_until_picked_up(work.job.interrupt, one.holder, &one.secret)
                .await
        });
        let (verdicts, wrong) = Error::parted(adoption.await);
        failed.extend(wrong);
        for verdict in verdicts {
            for Notice { text, fix } in verdict.notices {
                let hints = fix.into_iter().collect();
                work.job.events.tell(Event::Warning { text, hints })?;
            }
            obstacles.extend(verdict.obstacles);
        }
    }
    if failed.is_empty() {
        match still_used(work, rotation).await {
            Ok(used) => obstacles.extend(used),
            Err(error) => failed.push(error),
        }
    }
    if obstacles.is_empty() && failed.is_empty() {
        revoke(work, rotation, new_token.as_ref()).await?;
        return Ok(Exit::Fine);
    }
    let is_interrupted = failed.iter().any(|error| error.kind() == Kind::Interrupted);
    let chain = &rotation.chain;
    let remote = work.remote(chain).context();
    for event in not_revoked(chain, remote, &obstacles, is_interrupted) {
        work.job.events.tell(event)?;
    }
    let exits = obstacles.iter().map(|one| one.exit);
    let exit = exits.fold(Exit::Partial, Exit::worse);
    Error::all(failed).map_or(Ok(exit), Err)
}

/// Gives the new token to every holder; one that fails does not affect the others. Returns those that have it, and what failed.
async fn update_all<'r>(
    work: Work<'r>,
    rotation: &'r Rotation,
    new_token: Option<&SecretString>,
) -> Result<(Vec<Updated<'r>>, Vec<Error>), Error> {
    let holders = rotation.writable(&work.state.clusters);
    let results: Vec<Result<_, Error>> = fan_out(holders, |holder| async move {
        let cluster = work.cluster(holder.entry.holder);
        let interrupt = work.job.interrupt;
        let started = async { Ok(Watch::start(work.request, cluster, &holder.entry).await) };
        let mut watch = interrupt.or(started).await?;
        let written = update_secret(interrupt, &cluster.cluster, holder, new_token).await?;
        if !written.by_us {
            watch.discard_baseline();
        }
        Ok((holder, watch, written))
    })
    .await;
    let (results, failed) = Error::parted(results);
    let mut done = Vec::new();
    for (holder, watch, written) in results {
        let context = work.cluster(holder.entry.holder).context();
        let change = if written.by_us {
            updated(&holder.entry, context)
        } else {
            kept(&holder.entry, context)
        };
        work.job.done(change, DryRun::None)?;
        done.push(Updated {
            holder,
            watch,
            secret: written.secret,
        });
    }
    Ok((done, failed))
}
