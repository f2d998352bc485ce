//! One remote cluster that secrets are issued for: what it lacks is made, the credential is got, and the secret is used once.

use std::rc::Rc;

use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::error::Kind;
use mesh_model::remote_secret::RemoteSecret;

use super::credential::Credential;
use super::holder::Holder;
use super::options::Options;
use super::plan::{ClusterRef, Plan, TokenPlan};
use super::surroundings::missing;
use super::write::PendingSecret;
use super::{credential, mint, observe, reuse, verify};
use crate::Job;

/// What is known of a remote cluster once it was read and prepared.
#[derive(Clone)]
pub(crate) struct Prepared {
    /// Its name in the secrets.
    pub(crate) cluster: String,
    /// UID of its kube-system, where anything compares it and it may be read.
    pub(crate) uid: Option<String>,
    /// Its account got its rights, or its token, a moment ago.
    pub(crate) just_made: bool,
}

/// A remote cluster with what is asked of it.
pub(crate) struct Remote<'a> {
    pub(crate) job: &'a Job<'a>,
    pub(crate) options: &'a Options,
    pub(crate) cluster: Cluster,
    /// URL of its API server, as the secrets will have it.
    pub(crate) server: String,
}

impl Remote<'_> {
    /// Returns the secret of each holder: one for all, or one for each where each gets a token of its own.
    pub(crate) async fn secrets<'h>(
        &self,
        plan: &Plan,
        prepared: &Prepared,
        holders: &[&'h Holder],
    ) -> Result<Vec<PendingSecret<'h>>, Error> {
        let seen = match &plan.token {
            TokenPlan::Existing(secret) => Some(Rc::new(secret.as_ref().clone())),
            TokenPlan::NewSecret(_) | TokenPlan::Replacement(_) | TokenPlan::Minted { .. } => None,
        };
        let mut pending: Vec<PendingSecret<'h>> = Vec::new();
        for holder in holders {
            let shared = pending
                .first()
                .filter(|_| !self.options.has_own_token())
                .map(|first| first.secret.clone());
            let secret = if let Some(secret) = shared {
                secret
            } else {
                let secret = match self.reused(plan, prepared, holder).await? {
                    None => {
                        let name = holder.name();
                        self.secret(plan, prepared, Some(&name)).await?
                    }
                    reused => reused,
                };
                secret.map(Rc::new)
            };
            pending.push(PendingSecret {
                holder,
                remote: self.cluster.clone(),
                seen: seen.clone(),
                is_named: self.options.name.is_some(),
                cluster: prepared.cluster.clone(),
                secret,
            });
        }
        Ok(pending)
    }

    /// Returns the secret with the token that the holder has for itself, where that one is good for a while.
    async fn reused(
        &self,
        plan: &Plan,
        prepared: &Prepared,
        holder: &Holder,
    ) -> Result<Option<RemoteSecret>, Error> {
        let Some(credential) = reuse::reusable(self, plan, prepared, holder)? else {
            return Ok(None);
        };
        // It is no new one, which a server may not know yet.
        let prepared = Prepared {
            just_made: false,
            ..prepared.clone()
        };
        match self.verified(&prepared, &credential).await {
            Err(error) if error.kind() == Kind::Unauthenticated => Ok(None),
            verified => verified.map(Some),
        }
    }

    /// Returns a secret that was used once; `None` in a dry run that would have to make its token first.
    pub(crate) async fn secret(
        &self,
        plan: &Plan,
        prepared: &Prepared,
        holder: Option<&str>,
    ) -> Result<Option<RemoteSecret>, Error> {
        let Some(credential) = credential::get(self, plan, holder).await? else {
            return Ok(None);
        };
        let verified = self.verified(prepared, &credential).await;
        if let (Err(_), Some(anchor)) = (&verified, &credential.anchor) {
            mint::take_back(self, anchor).await?;
        }
        verified.map(Some)
    }

    async fn verified(
        &self,
        prepared: &Prepared,
        credential: &Credential,
    ) -> Result<RemoteSecret, Error> {
        match verify::verified(self, prepared, credential).await {
            Err(error) if error.kind() == Kind::Forbidden && self.restore_rights().await? => {
                let prepared = Prepared {
                    just_made: true,
                    ..prepared.clone()
                };
                verify::verified(self, &prepared, credential).await
            }
            verified => verified,
        }
    }

    pub(crate) fn named(&self) -> ClusterRef<'_> {
        ClusterRef {
            context: self.cluster.context(),
            kubectl: self.cluster.target().kubectl(),
        }
    }

    /// Creates what is missing of the reader's rights: a token that is there may be of an account that lost its role. Returns
    /// whether anything was missing.
    async fn restore_rights(&self) -> Result<bool, Error> {
        // What another server refuses is no sign of what the remote cluster lacks.
        let elsewhere = self.options.server.is_some();
        if elsewhere || !self.options.dry_run.writes() {
            return Ok(false);
        }
        let account = self
            .job
            .interrupt
            .or(Box::pin(observe::account(&self.cluster, self.options)))
            .await?;
        let missing = missing(&account, self.options, self.named())?;
        credential::make(self, &missing).await
    }
}
