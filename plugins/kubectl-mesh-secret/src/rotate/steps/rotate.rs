//! One rotation from the first write to the last: the new token is issued and used once, each holder gets it and is seen to use
//! it, and only then the old one is revoked.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::fan_out;
use mesh_common::model::change::DryRun;
use mesh_common::model::error::Kind;
use mesh_common::model::event::Event;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::change::{Meaning, Outcome};
use secrecy::SecretString;

use super::new_token::{issue, verify};
use super::plan::{Planned, cleaned, kept, updated};
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

/// The meaning of a new token that was not issued or not accepted.
const NOT_ISSUED: Meaning = Meaning {
    refused: "no holder got a new token",
    unknown: "no holder got a new token, run this command again",
};
/// The meaning of a failed write in a holder.
const NOT_UPDATED: Meaning = Meaning {
    refused: "the secret there has the old token",
    unknown: "it is not known whether the secret there has the new token, so run this command again",
};
/// The meaning of a read that failed after the holders were written.
const NOT_CHECKED: Meaning = Meaning {
    refused: "the old token is not revoked",
    unknown: "the old token is not revoked, run this command again",
};
/// The meaning of a failed revocation.
const NOT_REVOKED: Meaning = Meaning {
    refused: "the old token is not revoked",
    unknown: "it is not known whether the old token is revoked, so run this command again",
};

/// Replaces one token as far as that is possible now, and returns the exit code of what is in the way of revoking the old one. What
/// fails goes into `outcome`; the old token is then not revoked.
///
/// # Errors
/// Something could not be told.
pub(crate) async fn rotate(
    work: Work<'_>,
    planned: &Planned,
    outcome: &mut Outcome,
) -> Result<Exit, Error> {
    let rotation = &planned.rotation;
    let mut obstacles = planned.obstacles.clone();
    let new_token = match issue_and_verify(work, rotation).await {
        Ok(new_token) => new_token,
        Err(error) => {
            outcome.wrong([error], NOT_ISSUED);
            return Ok(Exit::Fine);
        }
    };
    let (updated, wrong) = update_all(work, rotation, new_token.as_ref()).await?;
    if !updated.is_empty() {
        outcome.done();
    }
    let mut failed = with(wrong, NOT_UPDATED);
    if failed.is_empty() {
        let adoption = fan_out(updated, |one| async move {
            one.watch
                .wait_until_picked_up(work.job.interrupt, one.holder, &one.secret)
                .await
        });
        let (verdicts, wrong) = Error::parted(adoption.await);
        failed.extend(with(wrong, NOT_CHECKED));
        for verdict in verdicts {
            for Notice { text, fix } in verdict.notices {
                let hints = fix.into_iter().collect();
                work.job.events.report(Event::Warning { text, hints })?;
            }
            obstacles.extend(verdict.obstacles);
        }
    }
    if failed.is_empty() {
        match still_used(work, rotation).await {
            Ok(used) => obstacles.extend(used),
            Err(error) => failed.push((error, NOT_CHECKED)),
        }
    }
    if obstacles.is_empty() && failed.is_empty() {
        let revoked = revoke(work, rotation, new_token.as_ref()).await;
        outcome.wrong(revoked.err(), NOT_REVOKED);
        return Ok(Exit::Fine);
    }
    let is_interrupted = failed
        .iter()
        .any(|(error, _)| error.kind() == Kind::Interrupted);
    let chain = &rotation.chain;
    let remote = work.remote(chain).context();
    for event in not_revoked(chain, remote, &obstacles, is_interrupted) {
        work.job.events.report(event)?;
    }
    for (error, meaning) in failed {
        outcome.wrong([error], meaning);
    }
    let exits = obstacles.iter().map(|one| one.exit);
    Ok(exits.fold(Exit::Partial, Exit::worse))
}

/// Returns each error with its meaning.
fn with(errors: Vec<Error>, meaning: Meaning) -> Vec<(Error, Meaning)> {
    errors.into_iter().map(|error| (error, meaning)).collect()
}

/// Issues the new token, and uses it once.
async fn issue_and_verify(
    work: Work<'_>,
    rotation: &Rotation,
) -> Result<Option<SecretString>, Error> {
    let new_token = issue(work, rotation).await?;
    verify(work, rotation, new_token.as_ref()).await?;
    Ok(new_token)
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
        let change = match (written.by_us, written.cleaned) {
            (true, _) => updated(&holder.entry, context),
            (false, true) => cleaned(&holder.entry, context),
            (false, false) => kept(&holder.entry, context),
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
