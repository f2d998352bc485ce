//! Finds the cluster that issued a token: it has the Secret by which the token is revoked, and accepts the token.

use std::cell::RefCell;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::Trust;
use mesh_common::model::access_facts::{self, TrustFacts};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::reader::is_token_of;
use mesh_common::model::remote_cluster::normal_server;
use mesh_common::model::{certificate, server};
use secrecy::ExposeSecret as _;

use super::skipped::SkipReason;
use crate::rotate::model::{Request, RotationState, TokenEntry};
use mesh_common::ops::secret::presenter::Presenter;

/// Asks the clusters that were read about tokens and Secrets, each once.
pub(super) struct Issuers<'a> {
    pub(super) state: &'a RotationState,
    pub(super) request: &'a Request,
    presenter: &'a Presenter<'a>,
    /// Secrets that were read, by cluster, namespace and name.
    read: RefCell<BTreeMap<(usize, String, String), Option<Secret>>>,
}

impl<'a> Issuers<'a> {
    pub(super) fn new(
        state: &'a RotationState,
        request: &'a Request,
        presenter: &'a Presenter<'a>,
    ) -> Self {
        Self {
            state,
            request,
            presenter,
            read: RefCell::default(),
        }
    }

    /// Reads a Secret.
    pub(super) async fn secret(
        &self,
        number: usize,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Secret>, Error> {
        let key = (number, namespace.to_owned(), name.to_owned());
        if let Some(known) = self.read.borrow().get(&key) {
            return Ok(known.clone());
        }
        let cluster = &self.state.clusters[number].cluster;
        let found: Option<Secret> = cluster.get(Some(namespace), name).await?;
        self.read.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// Returns true where the cluster of this number accepts the token of `entry`.
    pub(super) async fn is_accepted(
        &self,
        number: usize,
        entry: &TokenEntry,
    ) -> Result<bool, Error> {
        let cluster = &self.state.clusters[number].cluster;
        self.presenter
            .is_accepted(cluster, &entry.token, &entry.facts)
            .await
    }

    /// Returns the number of the cluster that issued the token which all of `entries` have, and the Secret there.
    pub(super) async fn issuer(
        &self,
        entries: &[&TokenEntry],
    ) -> Result<(usize, Secret), SkipReason> {
        let entry = entries[0];
        let mut not_asked = Vec::new();
        for number in self.candidates(entries) {
            let (namespace, name) = (&entry.backing.namespace, &entry.backing.name);
            let found = match self.secret(number, namespace, name).await {
                Ok(found) => found,
                Err(error) if error.kind() == Kind::Interrupted => return Err(error.into()),
                Err(error) if self.is_meant(number, entries) => {
                    return Err(SkipReason::NotAsked(error));
                }
                Err(error) => {
                    not_asked.push(error.in_one_line());
                    continue;
                }
            };
            let is_backing = |secret: &Secret| {
                let is_fit =
                    !entry.backing.holds_token() || is_token_of(secret, entry.backing.account());
                is_fit && entry.backing.matches(secret, entry.token.expose_secret())
            };
            let Some(backing) = found.filter(is_backing) else {
                continue;
            };
            if !entry.backing.holds_token() && !self.may_see(number, entries) {
                continue;
            }
            match self.is_accepted(number, entry).await {
                Ok(true) => return Ok((number, backing)),
                Ok(false) => {}
                Err(error) => return Err(SkipReason::NotAsked(error)),
            }
        }
        let unread = self.state.unread.iter();
        not_asked.extend(unread.map(|one| format!("{}: {}", one.context, one.error.in_one_line())));
        Err(SkipReason::NotAccepted(not_asked))
    }

    /// Returns the clusters that may have issued the token; first the one whose server is in the secret.
    fn candidates(&self, entries: &[&TokenEntry]) -> Vec<usize> {
        let mut candidates: Vec<usize> = (0..self.state.clusters.len())
            .filter(|number| !entries.iter().all(|entry| entry.holder == *number))
            .filter(|number| {
                let named = self.request.remote_context.as_deref();
                named.is_none_or(|named| self.state.clusters[*number].context() == named)
            })
            .collect();
        candidates.sort_by_key(|number| !has_server(self.state, *number, entries));
        candidates
    }

    /// Returns true where a cluster may be shown a token that it does not hold itself. One that merely says to have the right
    /// Secret may want to learn the token.
    fn may_see(&self, number: usize, entries: &[&TokenEntry]) -> bool {
        if self.is_meant(number, entries) {
            return true;
        }
        let Trust::Authorities(pem) = self.state.clusters[number].cluster.target().trust() else {
            return false;
        };
        let trusted = certificate::read_pem(pem);
        let facts = entries
            .iter()
            .map(|one| access_facts::read(one.kubeconfig()));
        facts.flatten().any(|facts| match facts.trust {
            TrustFacts::Authorities { certificates } => {
                certificates.iter().any(|one| trusted.contains(one))
            }
            TrustFacts::AuthoritiesFile { .. } | TrustFacts::SystemRoots | TrustFacts::Nothing => {
                false
            }
        })
    }

    /// Returns true where a cluster is the one that was named, or has the address that the secret gives.
    fn is_meant(&self, number: usize, entries: &[&TokenEntry]) -> bool {
        self.request.remote_context.is_some() || has_server(self.state, number, entries)
    }

    /// Returns the context that was named, or the one that the kubeconfig's text gives for the server of `entry`.
    pub(super) fn context_of(&self, entry: &TokenEntry) -> Option<&str> {
        let named = self.request.remote_context.as_deref();
        let mut numbers = 0..self.state.clusters.len();
        let by_server = || {
            let number = numbers.find(|number| has_server(self.state, *number, &[entry]))?;
            Some(self.state.clusters[number].context())
        };
        named.or_else(by_server)
    }
}

/// Returns true where one of the entries has the server of this cluster.
fn has_server(state: &RotationState, number: usize, entries: &[&TokenEntry]) -> bool {
    let target = state.clusters[number].cluster.target();
    let own = normal_server(&server::without_login(target.server()));
    let mut servers = entries.iter().map(|entry| normal_server(&entry.server));
    servers.any(|server| server == own)
}
