//! The job from what was read to what was deleted.

use k8s_openapi::api::core::v1::Secret;
use mesh_model::change::{Change, ChangeSet, DryRun};
use mesh_model::remote_secret::own_name;
use mesh_model::secret::comes_back;
use mesh_model::{Error, Exit};

use super::apply;
use super::backing::{acceptance, backing_secrets};
use super::clusters::Clusters;
use super::observe::{DeleteState, observe};
use super::plan::{SecretToDelete, deleted, plan};
use super::plan_revoke::{TokenEnd, by_hand, plan_revoke, revoked};
use super::rehearse::rehearse;
use super::remaining::remaining;
use super::request::Request;
use super::token::tokens;
use crate::Job;
use crate::change::{Meaning, Outcome};

/// A deletion that is planned, and not begun.
pub struct Deletion<'a> {
    request: &'a Request,
    state: &'a DeleteState,
    secrets: Vec<SecretToDelete<'a>>,
    ends: Vec<TokenEnd>,
    changes: ChangeSet,
}

/// Reads, plans and deletes, without a question.
///
/// # Errors
/// What could not be done.
pub async fn delete(job: Job<'_>, request: &Request, clusters: Clusters) -> Result<Exit, Error> {
    let reading = observe(clusters, request, job.connector);
    let (state, lost) = job.interrupt.or(reading).await?;
    let deletion = prepare(job, request, &state).await?;
    deletion.carry_out(job, lost).await
}

/// Plans the deletion, and tells what is odd about it. For a revocation it reads the Secrets of the tokens and asks the remote
/// clusters.
///
/// # Errors
/// What was asked for does not exist or is not safe to be done.
pub async fn prepare<'a>(
    job: Job<'_>,
    request: &'a Request,
    state: &'a DeleteState,
) -> Result<Deletion<'a>, Error> {
    let selected = plan(request, state)?;
    for note in selected.notes {
        job.note(note)?;
    }
    let secrets = selected.secrets;
    let ends = match &request.revocation {
        None => Vec::new(),
        Some(revocation) => {
            let tokens = tokens(&secrets, &state.clusters, revocation)?;
            let reading = async { Ok(backing_secrets(state, &tokens).await) };
            let found = job.interrupt.or(reading).await?;
            let asking = acceptance(state, &tokens, &found, &request.namespace, job.connector);
            let acceptance = job.interrupt.or(async { Ok(asking.await) }).await?;
            plan_revoke(&tokens, &secrets, state, &found, acceptance, request)?
        }
    };
    for one in &secrets {
        let context = &state.clusters[one.cluster].context;
        if let Some(warning) = comes_back(one.secret, context) {
            job.warn(warning)?;
        }
    }
    let deleted = secrets.iter().map(|one| deleted(one, &state.clusters));
    let revoked = ends.iter().filter_map(|end| match end {
        TokenEnd::Revoked { cluster, secret } => Some(revoked(secret, &state.clusters[*cluster])),
        TokenEnd::NotAccepted { .. } => None,
    });
    Ok(Deletion {
        changes: deleted.chain(revoked).collect(),
        request,
        state,
        secrets,
        ends,
    })
}

/// The meaning of a failed deletion for its secret.
const NOT_DELETED: Meaning = Meaning {
    refused: "the secret was not deleted",
    unknown: "it is not known whether the secret was deleted, so run this command again",
};

impl Deletion<'_> {
    /// Returns what will be deleted and revoked.
    pub fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    /// Deletes the secrets, then revokes the tokens; a dry run tells the same without it. `lost` are the holders that could not be
    /// read.
    ///
    /// # Errors
    /// What could not be done; one cluster does not affect the others.
    pub async fn carry_out(self, job: Job<'_>, lost: Vec<Error>) -> Result<Exit, Error> {
        let mut outcome = Outcome::default();
        outcome.skip(lost, "the remote secrets there are not deleted");
        if self.secrets.is_empty() && self.request.ignore_not_found {
            outcome.done();
        }
        let results = self.delete_all(job).await;
        let results = self.secrets.iter().zip(results);
        let results = results.map(|(one, result)| result.map(|was_there| (one, was_there)));
        let (done, wrong) = Error::parted(results);
        for (one, was_there) in done {
            outcome.done();
            let change = deleted(one, &self.state.clusters);
            self.tell(job, change, one.secret, was_there)?;
        }
        let is_clean = wrong.is_empty();
        outcome.wrong(wrong, NOT_DELETED);
        for error in remaining(&self.secrets, &self.state.clusters) {
            job.warn_of(&error, "istiod reads it again only once it changes")?;
        }
        self.revoke_all(job, is_clean, &mut outcome).await?;
        outcome.end(&job)
    }

    async fn delete_all(&self, job: Job<'_>) -> Vec<Result<bool, Error>> {
        match self.request.dry_run {
            DryRun::None => apply::delete_all(&self.secrets, self.state, job.interrupt).await,
            DryRun::Client => self.secrets.iter().map(|_| Ok(true)).collect(),
            DryRun::Server => {
                let secrets = self.secrets.iter();
                let secrets = secrets.map(|one| (one.cluster, one.secret));
                rehearse(secrets, self.state, job.interrupt).await
            }
        }
    }

    /// Revokes the tokens, once no secret holds them any more: `is_clean` if every secret is known to be deleted.
    async fn revoke_all(
        &self,
        job: Job<'_>,
        is_clean: bool,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        for end in &self.ends {
            let (number, secret) = match end {
                TokenEnd::NotAccepted { cluster, key } => {
                    job.note(format!(
                        "context {} does not accept the token for {key}, which was revoked before or never was one of its tokens: nothing is revoked there",
                        self.state.clusters[*cluster].context
                    ))?;
                    continue;
                }
                TokenEnd::Revoked { cluster, secret } => (*cluster, secret.as_ref()),
            };
            let cluster = &self.state.clusters[number];
            let step = by_hand(secret, cluster);
            if !is_clean {
                job.warn(format!("the token is not revoked, since not every secret is known to be deleted; once they are: {step}"))?;
                continue;
            }
            match self.revoke(job, number, secret).await {
                Ok(was_there) => self.tell(job, revoked(secret, cluster), secret, was_there)?,
                // Another run would not find the token.
                Err(error) => outcome.fail(error.hint(format!(
                    "{step}: this revokes the token, which no remote secret contains any more"
                ))),
            }
        }
        Ok(())
    }

    async fn revoke(&self, job: Job<'_>, number: usize, secret: &Secret) -> Result<bool, Error> {
        let connection = &self.state.connections[number];
        match self.request.dry_run {
            DryRun::None => apply::revoke(connection, secret, job.interrupt).await,
            DryRun::Client => Ok(true),
            DryRun::Server => {
                let results = rehearse([(number, secret)], self.state, job.interrupt).await;
                Ok(Error::gather(results)?
                    .into_iter()
                    .all(|was_there| was_there))
            }
        }
    }

    fn tell(
        &self,
        job: Job<'_>,
        change: Change,
        secret: &Secret,
        was_there: bool,
    ) -> Result<(), Error> {
        if was_there {
            return job.done(change, self.request.dry_run);
        }
        job.note(format!(
            "secret {} was gone from context {} already",
            own_name(secret),
            change.context
        ))
    }
}
