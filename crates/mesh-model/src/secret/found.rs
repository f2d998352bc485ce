//! A secret together with the place where it was found.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access_facts::AccessFacts;
use crate::command::Kubectl;
use crate::istio_version::IstioVersion;
use crate::istiod_rules::{self, Refusal};
use crate::meant_for::Member;
use crate::names::ARGO_SECRET_TYPE;
use crate::remote_cluster::Address;
use crate::remote_secret::{has_label, own_name};
use k8s_openapi::api::core::v1::Secret;

use super::contexts::Contexts;

/// A secret, and what is known of its holder; that is shared by all secrets that were found there, which may be thousands.
#[derive(Debug)]
pub struct FoundSecret {
    /// The holder's context; `None` for a file or a pipe.
    pub context: Option<String>,
    /// The kubectl command for the holder.
    pub kubectl: Arc<Kubectl>,
    /// The Secret, but for its managed fields; [`FoundSecret::whole`] has them too.
    pub secret: Secret,
    /// Its managed fields as they were read, in JSON: a tree of them takes ten times as much memory as their text.
    pub managed_fields: Option<Box<str>>,
    /// The Istio namespace, where the secret may be meant for another one.
    pub namespace: Option<String>,
    /// The cluster that it was found in.
    pub holder: Option<Arc<Member>>,
    /// The versions of the holder's istiods, where they are known.
    pub versions: Vec<Option<IstioVersion>>,
    /// True where loopback addresses are accepted, which printed commands have to say too.
    pub allow_loopback: bool,
    /// For each data key the context that gives access to the same server, as far as the kubeconfig knows one.
    pub remote_contexts: BTreeMap<String, String>,
    /// The contents of its data keys, in their order; asked by [`FoundSecret::judged`], which parses each of them once. A list, since a map of
    /// one takes as much room as one of eleven.
    pub judged: OnceCell<Vec<(String, JudgedKey)>>,
}

/// The kubeconfig of a data key, as istiod and people see it.
#[derive(Debug)]
pub struct JudgedKey {
    /// The reason for which istiod refuses it; `None` where it accepts it.
    pub refusal: Option<Refusal>,
    /// The facts in it; `None` where it cannot be read.
    pub access: Option<AccessFacts>,
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

/// A holder, as its secrets need to know it.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The cluster.
    pub member: &'a Arc<Member>,
    /// The kubectl command for it.
    pub kubectl: &'a Arc<Kubectl>,
    /// The versions of its istiods, where they are known.
    pub versions: &'a [Option<IstioVersion>],
    /// True where loopback addresses are accepted.
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
            ..Self::from_manifest(Secret::default(), "")
        }
    }
}

impl FoundSecret {
    /// Returns a secret from a file or a pipe, for control planes in `namespace`; nothing is known of its holder.
    pub fn from_manifest(mut secret: Secret, namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()),
            context: None,
            kubectl: Arc::default(),
            managed_fields: pack_managed_fields(&mut secret),
            secret,
            holder: None,
            versions: Vec::new(),
            allow_loopback: false,
            remote_contexts: BTreeMap::new(),
            judged: OnceCell::new(),
        }
    }

    /// Returns a secret of a holder.
    pub fn in_holder(holder: &Holder<'_>, secret: Secret) -> Self {
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
        let judged = self.all_judged().iter();
        let addresses = judged.filter_map(|(key, one)| Some((key, one.address()?)));
        self.remote_contexts = addresses
            .filter_map(|(key, address)| {
                Some((key.clone(), contexts.context_of(&address)?.to_owned()))
            })
            .collect();
    }

    /// Returns the Secret with its managed fields, for what asks whose it is.
    pub fn whole(&self) -> Secret {
        let mut secret = self.secret.clone();
        if let Some(text) = &self.managed_fields {
            secret.metadata.managed_fields = serde_json::from_str(text).ok();
        }
        secret
    }

    /// Returns the Secret's name.
    pub fn name(&self) -> &str {
        own_name(&self.secret)
    }

    /// Returns the data keys that are clusters to istiod; none where they are clusters of another program.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.secret.data.iter().flat_map(BTreeMap::keys);
        keys.filter(|_| !self.is_of_argo_cd()).map(String::as_str)
    }

    /// Returns true where it has this data key and no other.
    pub fn has_only(&self, key: &str) -> bool {
        let mut keys = self.secret.data.iter().flat_map(BTreeMap::keys);
        keys.all(|one| one == key)
    }

    /// Returns true for a Secret in which Argo CD keeps a cluster that it deploys to, which is no remote secret.
    pub fn is_of_argo_cd(&self) -> bool {
        let labels = self.secret.metadata.labels.as_ref();
        !has_label(&self.secret)
            && labels
                .and_then(|all| all.get(ARGO_SECRET_TYPE))
                .is_some_and(|kind| kind == "cluster")
    }

    /// Returns what the value of a data key holds; nothing where there is no such key.
    pub fn judged(&self, key: &str) -> Option<&JudgedKey> {
        let all = self.all_judged();
        let place = all.binary_search_by(|(one, _)| one.as_str().cmp(key));
        place.ok().map(|place| &all[place].1)
    }

    fn all_judged(&self) -> &[(String, JudgedKey)] {
        self.judged.get_or_init(|| {
            let entries = self.secret.data.iter().flatten();
            entries
                .map(|(key, value)| {
                    let (verdict, access) = istiod_rules::judge(&value.0);
                    let refusal = verdict.err();
                    (key.clone(), JudgedKey { refusal, access })
                })
                .collect()
        })
    }
}

/// Takes the managed fields out of a Secret, and returns them as JSON.
fn pack_managed_fields(secret: &mut Secret) -> Option<Box<str>> {
    let entries = secret.metadata.managed_fields.take()?;
    serde_json::to_string(&entries)
        .ok()
        .map(String::into_boxed_str)
}
