//! The steps of one source that have to happen in their order: what is missing is made, the credential is got, and the
//! secret is used once.

use std::rc::Rc;

use mesh_common::client::{Cluster, Connector, Interrupt};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_common::model::remote_secret::RemoteSecret;
use mesh_common::terminal::Streams;

use super::credential::Credential;
use super::give::Gift;
use super::holders::Holder;
use super::options::Options;
use super::plan::{Place, Plan, TokenPlan};
use super::{credential, kept, mint, observe, plan, try_out};

/// What is known of the source once it was read and prepared.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The name under which the secret introduces the source.
    pub(crate) cluster: String,
    /// UID of its kube-system, where anything compares it and it may be read.
    pub(crate) uid: Option<String>,
    /// Whether its account got its rights, or its token, a moment ago.
    pub(crate) just_made: bool,
}

/// What the steps of one run share.
pub(crate) struct Run<'a> {
    pub(crate) options: &'a Options,
    pub(crate) connector: &'a Connector,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) source: Cluster,
    /// URL of the source's API server, as the secret will have it.
    pub(crate) server: String,
    pub(crate) now: jiff::Timestamp,
}

impl Run<'_> {
    /// The secret of each holder: one for all, or one for each where each gets a token of its own.
    pub(crate) async fn gifts<'h>(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        holders: &[&'h Holder],
        streams: &Streams,
    ) -> Result<Vec<Gift<'h>>, Error> {
        let seen = match &plan.token {
            TokenPlan::Existing(secret) => Some(Rc::new(secret.as_ref().clone())),
            TokenPlan::NewSecret(_) | TokenPlan::Replacement(_) | TokenPlan::Minted { .. } => None,
        };
        let mut gifts: Vec<Gift<'h>> = Vec::new();
        for holder in holders {
            let shared = gifts
                .first()
                .filter(|_| !self.options.has_own_token())
                .map(|first| first.secret.clone());
            let secret = if let Some(secret) = shared {
                secret
            } else {
                let secret = match self.kept(plan, wanted, holder, streams).await? {
                    None => {
                        let name = holder.name();
                        self.secret(plan, wanted, Some(&name), streams).await?
                    }
                    kept => kept,
                };
                secret.map(Rc::new)
            };
            gifts.push(Gift {
                holder,
                source: self.source.context().to_owned(),
                origin: self.source.clone(),
                seen: seen.clone(),
                is_named: self.options.name.is_some(),
                cluster: wanted.cluster.clone(),
                secret,
            });
        }
        Ok(gifts)
    }

    /// The secret with the token that the holder has for itself, where that one is good for a while.
    async fn kept(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        holder: &Holder,
        streams: &Streams,
    ) -> Result<Option<RemoteSecret>, Error> {
        let Some(credential) = kept::kept(self, plan, wanted, holder)? else {
            return Ok(None);
        };
        // It is no new one, which a server may not know yet.
        let wanted = Wanted {
            just_made: false,
            ..wanted.clone()
        };
        match self.proven(&wanted, &credential, streams).await {
            Err(error) if error.kind() == Kind::Unauthenticated => Ok(None),
            proven => proven.map(Some),
        }
    }

    /// A secret that was used once; `None` in a dry run that would have to make its token first.
    pub(crate) async fn secret(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        holder: Option<&str>,
        streams: &Streams,
    ) -> Result<Option<RemoteSecret>, Error> {
        let Some(credential) = credential::get(self, plan, holder, streams).await? else {
            return Ok(None);
        };
        let proven = self.proven(wanted, &credential, streams).await;
        if let (Err(_), Some(anchor)) = (&proven, &credential.anchor) {
            mint::take_back(self, anchor, streams).await;
        }
        proven.map(Some)
    }

    async fn proven(
        &self,
        wanted: &Wanted,
        credential: &Credential,
        streams: &Streams,
    ) -> Result<RemoteSecret, Error> {
        match try_out::proven(self, wanted, credential, streams).await {
            Err(error) if error.kind() == Kind::Forbidden && self.mend_rights(streams).await? => {
                let wanted = Wanted {
                    just_made: true,
                    ..wanted.clone()
                };
                try_out::proven(self, &wanted, credential, streams).await
            }
            proven => proven,
        }
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            context: self.source.context(),
            kubectl: self.source.target().kubectl(),
        }
    }

    /// A token that is there may be of an account that lost its role. What is missing of the reader's rights is made;
    /// says whether anything was.
    async fn mend_rights(&self, streams: &Streams) -> Result<bool, Error> {
        // What another server refuses is no sign of what the source lacks.
        let elsewhere = self.options.server_for(self.source.context()).is_some();
        if elsewhere || !self.options.dry_run.writes() {
            return Ok(false);
        }
        let account = self
            .interrupt
            .or(Box::pin(observe::account(&self.source, self.options)))
            .await?;
        let makes = plan::surroundings(&account, self.options, self.place())?;
        credential::make(self, &makes, streams).await
    }
}
