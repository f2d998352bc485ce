//! One remote cluster that secrets are issued for: its plan, what a dry run shows of it, and the writes in it.

use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::Cluster;
use mesh_model::backing_secret::BackingSecret;
use mesh_model::change::DryRun;
use mesh_model::error::Kind;
use mesh_model::remote_secret::RemoteSecret;
use mesh_model::{Error, token};
use secrecy::{ExposeSecret as _, SecretString};

use super::credential::Credential;
use super::holder::Holder;
use super::options::Options;
use super::plan::{ClusterRef, Plan, TokenPlan};
use super::planned::{RemotePlan, SecretText};
use super::recorded::{self, Record, Records};
use super::surroundings::{Missing, missing};
use super::write::{PendingSecret, RemoteRef};
use super::{credential, mint, observe, reuse, verify};
use crate::Job;

/// Returns the cluster as messages name it.
pub(crate) fn cluster_ref(cluster: &Cluster) -> ClusterRef<'_> {
    ClusterRef {
        context: cluster.context(),
        kubectl: cluster.target().kubectl(),
    }
}

/// A remote cluster, as far as it has to be known after it was read.
pub(crate) struct KnownRemote {
    pub(crate) cluster: Cluster,
    /// URL of its API server, as the secrets will have it.
    pub(crate) server: String,
    /// Its name in the secrets.
    pub(crate) name: String,
    /// UID of its kube-system, where anything compares it and it may be read.
    pub(crate) uid: Option<String>,
}

impl KnownRemote {
    /// Returns it with what is asked of it.
    pub(crate) fn with<'a>(&self, options: &'a Options, job: &'a Job<'a>) -> Remote<'a> {
        Remote {
            job,
            options,
            cluster: self.cluster.clone(),
            server: self.server.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
        }
    }
}

/// A remote cluster that was read, with what is asked of it.
pub(crate) struct Remote<'a> {
    pub(crate) job: &'a Job<'a>,
    pub(crate) options: &'a Options,
    pub(crate) cluster: Cluster,
    /// URL of its API server, as the secrets will have it.
    pub(crate) server: String,
    /// Its name in the secrets.
    pub(crate) name: String,
    /// UID of its kube-system, where anything compares it and it may be read.
    pub(crate) uid: Option<String>,
}

impl Remote<'_> {
    /// Plans all that is going to be written in it and in its holders. Each secret whose token exists is used once; nothing is
    /// written.
    pub(crate) async fn plan(
        &self,
        plan: Plan,
        holders: &[Rc<Holder>],
    ) -> Result<RemotePlan, Error> {
        let mut missing = plan.missing;
        let shared = match &plan.token {
            TokenPlan::Existing(secret) => {
                let credential = credential::of_secret(self, secret.as_ref().clone()).await?;
                self.existing(credential, &mut missing).await?
            }
            TokenPlan::NewSecret(_) | TokenPlan::Replacement(_) | TokenPlan::Minted { .. } => {
                SecretText::Unknown
            }
        };
        let context = self.cluster.context();
        let backing = plan.backing.as_deref();
        let backing = backing.filter(|_| self.options.records_holders());
        let records = backing.map(|backing| Records::on(backing, context));
        let name = self.options.secret_type.secret_name(&self.name);
        let remote = Rc::new(RemoteRef {
            cluster: self.cluster.clone(),
            name: self.name.clone(),
            is_named: self.options.name.is_some(),
            backing: plan.backing.clone(),
        });
        let mut secrets = Vec::with_capacity(holders.len());
        for holder in holders {
            let (text, record) = match (&plan.token, &records) {
                (TokenPlan::Minted { .. }, _) => self.reused(&plan.token, &missing, holder).await?,
                (_, Some(records)) => (shared.clone(), records.of(holder, &name)),
                (TokenPlan::Existing(_), None) => (shared.clone(), Record::Nothing),
                (TokenPlan::NewSecret(_) | TokenPlan::Replacement(_), None) => {
                    (shared.clone(), Record::WithToken)
                }
            };
            secrets.push(PendingSecret {
                holder: Rc::clone(holder),
                remote: Rc::clone(&remote),
                text,
                record,
                write: None,
            });
        }
        Ok(RemotePlan {
            context: context.to_owned(),
            namespace: self.options.namespace.clone(),
            account: self.options.account.clone(),
            records_holders: self.options.records_holders(),
            missing,
            token: plan.token,
            shared,
            secrets,
        })
    }

    /// Returns the secret with a token that exists. It may be of an account that lost its role: then what is missing of the
    /// reader's rights goes into the plan.
    async fn existing(
        &self,
        credential: Credential,
        missing: &mut Vec<Missing>,
    ) -> Result<SecretText, Error> {
        if missing.is_empty() {
            match self.verified(&credential, false).await {
                // What another server refuses is no sign of what the remote cluster lacks.
                Err(error) if error.kind() == Kind::Forbidden && self.options.server.is_none() => {
                    *missing = self.missing_rights().await?;
                    if missing.is_empty() {
                        return Err(error);
                    }
                }
                verified => return verified.map(SecretText::Verified),
            }
        }
        Ok(self.unverified(credential))
    }

    /// Returns the secret with the token that the holder has for itself, where that one is good for a while, and the record of it.
    async fn reused(
        &self,
        plan: &TokenPlan,
        missing: &[Missing],
        holder: &Holder,
    ) -> Result<(SecretText, Record), Error> {
        let Some(credential) = reuse::reusable(self, plan, holder)? else {
            return Ok((SecretText::Unknown, Record::WithToken));
        };
        let recorded = self.recorded(&credential.token, holder);
        if !missing.is_empty() {
            let record = recorded.await;
            return Ok((self.unverified(credential), record));
        }
        let verified = Box::pin(self.verified(&credential, false));
        match futures::join!(verified, recorded) {
            (Err(error), _) if error.kind() == Kind::Unauthenticated => {
                Ok((SecretText::Unknown, Record::WithToken))
            }
            (verified, record) => Ok((SecretText::Verified(verified?), record)),
        }
    }

    /// Reads the Secret that the holder's token is bound to, and returns the record of the holder.
    async fn recorded(&self, token: &SecretString, holder: &Holder) -> Record {
        let backing = token::read(token.expose_secret());
        let backing = backing.as_ref().and_then(BackingSecret::named_by);
        let Some(backing) = backing.filter(|_| self.options.records_holders()) else {
            return Record::Nothing;
        };
        let (context, namespace) = (self.cluster.context(), backing.namespace.as_str());
        let read = self.cluster.get::<Secret>(Some(namespace), &backing.name);
        match self.job.interrupt.or(Box::pin(read)).await {
            Ok(Some(found)) if backing.matches(&found, token.expose_secret()) => {
                let name = self.options.secret_type.secret_name(&self.name);
                Records::on(&found, context).of(holder, &name)
            }
            Ok(_) => Record::Nothing,
            // Where it still cannot be read once the holder has its secret, that is told.
            Err(_) => recorded::unknown(context, namespace, &backing.name),
        }
    }

    fn unverified(&self, credential: Credential) -> SecretText {
        let secret = Rc::new(verify::unverified(self, &credential));
        SecretText::Unverified(secret, Rc::new(credential))
    }

    async fn verified(
        &self,
        credential: &Credential,
        just_made: bool,
    ) -> Result<Rc<RemoteSecret>, Error> {
        let secret = verify::verified(self, credential, just_made).await?;
        Ok(Rc::new(secret))
    }

    /// Reads what is missing of the reader's rights.
    async fn missing_rights(&self) -> Result<Vec<Missing>, Error> {
        let reading = Box::pin(observe::account(&self.cluster, self.options));
        let account = self.job.interrupt.or(reading).await?;
        missing(&account, self.options, cluster_ref(&self.cluster))
    }

    /// Creates what is missing and every token, and uses each secret once; no holder is written to.
    pub(crate) async fn prepare(&self, plan: &mut RemotePlan) -> Result<(), Error> {
        credential::make(self, &plan.missing).await?;
        if let TokenPlan::Minted { .. } = &plan.token {
            for one in &mut plan.secrets {
                let name = one.holder.name();
                let text = self.issued(&plan.token, &one.text, Some(&name)).await?;
                one.settle(text);
            }
            if !self.options.applies {
                plan.shared = self.issued(&plan.token, &plan.shared, None).await?;
            }
            return Ok(());
        }
        plan.shared = self.issued(&plan.token, &plan.shared, None).await?;
        for one in &mut plan.secrets {
            one.settle(plan.shared.clone());
        }
        Ok(())
    }

    /// Returns the secret that was used once, with a token that is created where there is none.
    async fn issued(
        &self,
        plan: &TokenPlan,
        text: &SecretText,
        holder: Option<&str>,
    ) -> Result<SecretText, Error> {
        match text {
            SecretText::Verified(secret) => return Ok(SecretText::Verified(Rc::clone(secret))),
            SecretText::Unverified(_, credential) => match self.verified(credential, true).await {
                Err(error)
                    if error.kind() == Kind::Unauthenticated
                        && matches!(plan, TokenPlan::Minted { .. }) => {}
                verified => return verified.map(SecretText::Verified),
            },
            SecretText::Unknown => {}
        }
        let credential = credential::create(self, plan, holder).await?;
        let verified = self.verified(&credential, true).await;
        if let (Err(_), Some(anchor)) = (&verified, &credential.anchor) {
            mint::take_back(self, anchor).await?;
        }
        verified.map(SecretText::Verified)
    }

    /// Tells what is going to be created in it; in a server dry run each server checks what can be checked before.
    pub(crate) async fn rehearse(&self, plan: &RemotePlan) -> Result<(), Error> {
        credential::make(self, &plan.missing).await?;
        for change in plan.token_changes() {
            // No server can check what depends on an object that is not there yet.
            self.job.step(change, DryRun::Client)?;
        }
        Ok(())
    }
}
