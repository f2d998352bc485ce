//! The job from what was read to what was deleted.

use k8s_openapi::api::core::v1::Secret;
use mesh_model::change::ChangeSet;
use mesh_model::error::Kind;
use mesh_model::secret::comes_back;
use mesh_model::{Error, Exit};

use super::apply::{Revocation, SecretDeletion};
use super::backing::{acceptance, backing_secrets};
use super::clusters::Clusters;
use super::observe::{DeleteState, observe};
use super::plan::{SecretToDelete, deleted, plan};
use super::plan_revoke::{TokenEnd, by_hand, plan_revoke, revoked};
use super::remaining::remaining;
use super::request::Request;
use super::token::tokens;
use crate::Job;
use crate::change::{Meaning, Outcome, carry_out};

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
        let sequences = self.secrets.iter().map(|one| {
            let connection = self.state.connections[one.cluster].clone();
            (connection, [SecretDeletion::new(one, &self.state.clusters)])
        });
        let results = carry_out(sequences, self.request.dry_run.into(), &job).await;
        let (done, wrong) = Error::parted(results);
        if !done.is_empty() {
            outcome.done();
        }
        let is_clean = wrong.is_empty();
        outcome.wrong(wrong, NOT_DELETED);
        for error in remaining(&self.secrets, &self.state.clusters) {
            job.warn_of(&error, "istiod reads it again only once it changes")?;
        }
        self.revoke_all(job, is_clean, &mut outcome).await?;
        outcome.end(&job)
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
            // Another run would not find the token.
            if let Err(error) = self.revoke(job, number, secret).await {
                outcome.fail(error.hint(format!(
                    "{step}: this revokes the token, which no remote secret contains any more"
                )));
            }
        }
        Ok(())
    }

    /// Revokes one token.
    ///
    /// # Errors
    /// Another run would not find the token, so that no hint to run this again is among the errors' hints.
    async fn revoke(&self, job: Job<'_>, number: usize, secret: &Secret) -> Result<(), Error> {
        let write = Revocation::new(secret, &self.state.clusters[number], job.interrupt);
        let sequence = (self.state.connections[number].clone(), [write]);
        let results = carry_out([sequence], self.request.dry_run.into(), &job).await;
        match Error::gather(results) {
            Err(error) if error.kind() == Kind::Interrupted => Err(Error::new(
                Kind::Interrupted,
                "interrupted before the token was revoked",
            )),
            results => results.map(drop),
        }
    }
}
