//! A secret, with the holder in which it was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access_facts::AccessFacts;
use crate::command::Kubectl;
use crate::istio_version::IstioVersion;
use crate::istiod_rules::Refusal;
use crate::meant_for::Member;
use crate::remote_cluster::Address;
use crate::remote_secret::own_name;
#[cfg(test)]
use k8s_openapi::api::core::v1::Secret;
use serde::{Deserialize, Serialize};

use super::contexts::Contexts;
use super::facts::{SecretFacts, SecretValues};
#[cfg(test)]
use super::pool::SecretPool;

/// A secret, with the facts about its holder, which all secrets of the holder share: there may be thousands.
#[derive(Debug)]
pub struct FoundSecret {
    /// The holder's context; `None` for a file or a pipe.
    pub context: Option<String>,
    /// The kubectl command for the holder.
    pub kubectl: Arc<Kubectl>,
    /// The Secret without what is secret in it.
    pub facts: SecretFacts,
    /// The values under its data keys, where they are to be used or shown; they give access in clear.
    pub values: SecretValues,
    /// The Istio namespace, if the secret may be for another one.
    pub namespace: Option<String>,
    /// The cluster that it was found in.
    pub holder: Option<Arc<Member>>,
    /// The versions of the holder's istiods, if they are known.
    pub versions: Vec<Option<IstioVersion>>,
    /// True if loopback addresses are accepted, which printed commands must allow too.
    pub allow_loopback: bool,
    /// For each data key, the context that gives access to the same server, if the kubeconfig has one.
    pub remote_contexts: BTreeMap<String, String>,
}

/// The kubeconfig of a data key: istiod's verdict, and its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgedKey {
    /// The reason for which istiod refuses it; `None` where it accepts it.
    pub refusal: Option<Refusal>,
    /// The facts in it; `None` where it cannot be read.
    pub access: Option<AccessFacts>,
    /// A digest that two kubeconfigs share if they give the same access with the same credential, whatever their entries are called;
    /// `None` if there is another credential than a token or a private key, since a short password could be guessed from it. Digests
    /// of different runs, which have different salts, tell nothing about each other.
    pub mark: Option<String>,
}

impl JudgedKey {
    /// Returns the address that it gives access to.
    pub fn address(&self) -> Option<Address> {
        let access = self.access.as_ref()?;
        Some(Address::new(
            &access.server,
            access.tls_server_name.as_deref(),
        ))
    }
}

/// The facts about a holder that its secrets share.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The cluster.
    pub member: &'a Arc<Member>,
    /// The kubectl command for it.
    pub kubectl: &'a Arc<Kubectl>,
    /// The versions of its istiods, if they are known.
    pub versions: &'a [Option<IstioVersion>],
    /// True if loopback addresses are accepted.
    pub allow_loopback: bool,
}

#[cfg(test)]
impl FoundSecret {
    /// Returns an empty secret in context east, of which nothing more is known.
    pub fn in_east() -> Self {
        Self {
            context: Some("east".to_owned()),
            kubectl: Arc::new(Kubectl::default().context("east")),
            namespace: None,
            ..Self::from_manifest(
                SecretFacts::split(Secret::default(), &SecretPool::of_tests()),
                "",
            )
        }
    }
}

impl FoundSecret {
    /// Returns a secret from a file or a pipe, for control planes in `namespace`; nothing is known of its holder.
    pub fn from_manifest((facts, values): (SecretFacts, SecretValues), namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()),
            context: None,
            kubectl: Arc::default(),
            facts,
            values,
            holder: None,
            versions: Vec::new(),
            allow_loopback: false,
            remote_contexts: BTreeMap::new(),
        }
    }

    /// Returns a secret of a holder.
    pub fn in_holder(holder: &Holder<'_>, secret: (SecretFacts, SecretValues)) -> Self {
        Self {
            context: Some(holder.member.context.clone()),
            kubectl: Arc::clone(holder.kubectl),
            namespace: None,
            holder: Some(Arc::clone(holder.member)),
            versions: holder.versions.to_vec(),
            allow_loopback: holder.allow_loopback,
            ..Self::from_manifest(secret, "")
        }
    }

    /// Looks up the contexts that give access to the servers of its data keys.
    pub fn find_contexts(&mut self, contexts: &Contexts) {
        let judged = self.facts.all_judged().iter();
        let addresses = judged.filter_map(|(key, one)| Some((key, one.address()?)));
        self.remote_contexts = addresses
            .filter_map(|(key, address)| {
                Some((key.clone(), contexts.context_of(&address)?.to_owned()))
            })
            .collect();
    }

    /// Returns the Secret's name.
    pub fn name(&self) -> &str {
        own_name(&self.facts.secret)
    }

    /// Returns the data keys that are clusters for istiod; none if they are clusters of another program.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.facts.clusters()
    }

    /// Returns whether it has this data key and no other.
    pub fn has_only(&self, key: &str) -> bool {
        let mut keys = self.facts.secret.data.iter().flat_map(BTreeMap::keys);
        keys.all(|one| one == key)
    }

    /// Returns whether it is a Secret in which Argo CD stores a deployment target, which is not a remote secret.
    pub fn is_of_argo_cd(&self) -> bool {
        self.facts.is_of_argo_cd()
    }

    /// Returns the facts under a data key; nothing where there is no such key.
    pub fn judged(&self, key: &str) -> Option<&JudgedKey> {
        self.facts.judged(key)
    }
}
