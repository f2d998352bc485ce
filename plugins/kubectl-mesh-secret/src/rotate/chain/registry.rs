//! Finds the chain of token Secrets that each token belongs to, and all secrets with one of its tokens. It only reads.
//!
//! A holder's secret is written by whoever may write in the holder. So nothing follows from what a token says before the
//! API server of the cluster in question has accepted that very token; and a token Secret there has to hold its text.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::fan_out;
use mesh_common::model::backing_secret::is_bound_secret;
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::reader::is_token_of;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::rotation_names::{
    default_token_secret_name, next_secret, next_secret_name, previous_secret,
    replacement_secret_name,
};
use secrecy::ExposeSecret as _;

use super::issuer::Issuers;
use super::skipped::{SkipReason, Skipped};
use crate::rotate::model::{
    Chain, Entitlement, HolderSecret, Holds, Request, RotationState, TokenEntry,
};
use mesh_common::ops::secret::identity::goes_by;
use mesh_common::ops::secret::presenter::Presenter;

/// Finds the chains of tokens, and who has them.
pub(crate) struct Registry<'a> {
    issuers: Issuers<'a>,
    now: Timestamp,
}

impl<'a> Registry<'a> {
    pub(crate) fn new(
        state: &'a RotationState,
        request: &'a Request,
        presenter: &'a Presenter<'a>,
        now: Timestamp,
    ) -> Self {
        Self {
            issuers: Issuers::new(state, request, presenter),
            now,
        }
    }

    pub(super) fn state(&self) -> &'a RotationState {
        self.issuers.state
    }

    pub(super) fn request(&self) -> &'a Request {
        self.issuers.request
    }

    /// Returns the context of the cluster that `entry` is said to be for, as far as it is known.
    pub(super) fn context_of(&self, entry: &TokenEntry) -> Option<&str> {
        self.issuers.context_of(entry)
    }

    /// Returns the moment that tokens are judged at.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the chain of each token of `entries`, each once, and why the other tokens stay as they are. A token that no cluster
    /// accepts does not affect the others.
    ///
    /// # Errors
    /// Ctrl-C.
    pub(super) async fn chains(
        &self,
        entries: &[&TokenEntry],
    ) -> Result<(Vec<Chain>, Vec<Skipped>), Error> {
        let results = fan_out(by_token(entries), |entries| async move {
            let found = self.chain(&entries).await;
            (entries, found)
        });
        let (mut chains, mut skipped) = (Vec::<Chain>::new(), Vec::new());
        for (entries, result) in results.await {
            match result {
                Ok(one) if chains.iter().any(|known| known.is_same(&one)) => {}
                Ok(one) => chains.push(one),
                Err(SkipReason::Failed(error)) if error.kind() == Kind::Interrupted => {
                    return Err(error);
                }
                Err(reason) => skipped.push(Skipped {
                    entries: entries.into_iter().cloned().collect(),
                    reason,
                }),
            }
        }
        Ok((chains, skipped))
    }

    /// Returns the secrets with one of the tokens of `chain`, asked for or not. Of a token that is bound to a Secret nothing but
    /// the cluster itself can say whether it is one.
    ///
    /// # Errors
    /// The cluster could not be asked.
    pub(crate) async fn holders(
        &self,
        chain: &Chain,
        entries: &[TokenEntry],
    ) -> Result<Vec<HolderSecret>, Error> {
        let claimed = entries
            .iter()
            .filter_map(|entry| Some((entry, holds(chain, entry)?)));
        let results = fan_out(claimed, |(entry, holds)| async move {
            let holds_token = entry.backing.holds_token();
            if !holds_token && !self.issuers.is_accepted(chain.remote, entry).await? {
                return Ok::<_, Error>(None);
            }
            let entitlement = self.entitlement(chain, entry).await?;
            Ok(Some(HolderSecret {
                entry: entry.clone(),
                holds,
                entitlement,
            }))
        });
        let holders = Error::gather(results.await)?;
        Ok(holders.into_iter().flatten().collect())
    }

    /// Returns the reason why the holder with this secret is to have a token of `chain`.
    async fn entitlement(&self, chain: &Chain, entry: &TokenEntry) -> Result<Entitlement, Error> {
        let holder = &self.state().clusters[entry.holder];
        let backing_secrets = [Some(&chain.old), chain.new.as_ref()];
        let record = holder.record(&entry.secret);
        let mut backing_secrets = backing_secrets.into_iter().flatten();
        if record.is_some_and(|record| backing_secrets.any(|backing| record.is_recorded(backing))) {
            return Ok(Entitlement::Recorded);
        }
        let remote = &self.state().clusters[chain.remote].cluster;
        let is_meant = self.request().remote_context.as_deref() == Some(remote.context());
        if !is_meant && !goes_by(remote, &self.request().namespace, &entry.key).await? {
            return Ok(Entitlement::OtherName);
        }
        let is_named = self.request().names_holders
            && holder.is_writable
            && self.request().selection.includes(entry.name(), &entry.key);
        Ok(if is_named {
            Entitlement::Named
        } else {
            Entitlement::Unknown
        })
    }

    async fn chain(&self, entries: &[&TokenEntry]) -> Result<Chain, SkipReason> {
        let entry = entries[0];
        let account = entry.backing.account();
        let (own_namespace, own_account) = &self.request().account;
        if (entry.backing.namespace.as_str(), account) != (own_namespace, own_account) {
            return Err(SkipReason::OtherAccount);
        }
        if entry.facts.has_expired(self.now) {
            return Err(SkipReason::NotAccepted(Vec::new()));
        }
        let (remote, backing) = self.issuers.issuer(entries).await?;
        let namespace = entry.backing.namespace.clone();
        let mut old = backing;
        let mut new = None;
        if let Some(before) = previous_secret(&old)
            && let Some(before) = self.issuers.secret(remote, &namespace, before).await?
            && next_secret(&before) == Some(own_name(&old))
        {
            // The holder has the new token already, and the old one is not revoked.
            new = Some(std::mem::replace(&mut old, before));
        }
        let mut new_name = match (&new, next_secret(&old)) {
            (Some(new), _) => own_name(new).to_owned(),
            (None, Some(marked)) => marked.to_owned(),
            (None, None) => next_secret_name(&old),
        };
        if new.is_none() {
            new = self.issuers.secret(remote, &namespace, &new_name).await?;
            if new.is_none() && next_secret(&old).is_some() {
                // It was created and deleted: holders may have had its token, which is not to come back.
                new_name = replacement_secret_name(own_name(&old), &new_name);
                new = self.issuers.secret(remote, &namespace, &new_name).await?;
            }
        }
        if let Some(other) = new.as_ref().filter(|new| !is_next(new, &old, account)) {
            return Err(SkipReason::NameTaken {
                name: own_name(other).to_owned(),
                context: self.state().clusters[remote].context().to_owned(),
            });
        }
        let default_name = default_token_secret_name(own_name(&old));
        let default_secret = if default_name == own_name(&old) {
            None
        } else {
            self.issuers
                .secret(remote, &namespace, default_name)
                .await?
        };
        Ok(Chain {
            remote,
            account: account.to_owned(),
            new_name,
            new,
            default_secret: default_secret.filter(|secret| is_token_of(secret, account)),
            namespace,
            old,
        })
    }
}

/// Returns the entries by their tokens, in the order in which each token was met: holders share one as a rule.
fn by_token<'e>(entries: &[&'e TokenEntry]) -> Vec<Vec<&'e TokenEntry>> {
    let mut known = BTreeMap::<&str, usize>::new();
    let mut groups = Vec::<Vec<&TokenEntry>>::new();
    for entry in entries {
        let number = *known
            .entry(entry.token.expose_secret())
            .or_insert(groups.len());
        if number == groups.len() {
            groups.push(Vec::new());
        }
        groups[number].push(entry);
    }
    groups
}

/// Returns true where `new` was made by this verb to replace `old`, and can hold a token of the account, or revoke one.
fn is_next(new: &Secret, old: &Secret, account: &str) -> bool {
    let is_fit = is_bound_secret(new) || is_token_of(new, account);
    is_fit && new.type_ == old.type_ && previous_secret(new) == Some(own_name(old))
}

/// Returns which of the two tokens of `chain` the entry has by what it says, if it is one of them.
fn holds(chain: &Chain, entry: &TokenEntry) -> Option<Holds> {
    let is = |secret| {
        entry.backing.namespace == chain.namespace
            && entry.backing.account() == chain.account
            && entry.backing.name == own_name(secret)
            && entry.backing.matches(secret, entry.token.expose_secret())
    };
    if is(&chain.old) {
        return Some(Holds::Old);
    }
    chain.new.as_ref().filter(|new| is(new)).map(|_| Holds::New)
}
