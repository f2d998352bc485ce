//! A secret together with the place where it was found.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::access_facts::AccessFacts;
use mesh_common::model::command::Kubectl;
use mesh_common::model::istio_version::IstioVersion;
use mesh_common::model::istiod_rules::{self, Refusal};
use mesh_common::model::meant_for::Member;
use mesh_common::model::names::ARGO_SECRET_TYPE;
use mesh_common::model::remote_cluster::Address;
use mesh_common::model::remote_secret::{has_label, own_name};

use super::sources::Sources;

/// A secret, and what is known of the place where it was found; that is shared by all that were found there, which may be
/// thousands.
pub(crate) struct Held {
    /// The holder's context; `None` for a file or a pipe.
    pub context: Option<String>,
    /// How kubectl is told about the holder.
    pub kubectl: Arc<Kubectl>,
    /// The Secret, but for its managed fields; [`Held::whole`] has them too.
    pub secret: Secret,
    /// Its managed fields as they were read, in JSON: a tree of them takes ten times as much memory as their text.
    pub managed_fields: Option<Box<str>>,
    /// The Istio namespace, where the secret may be meant for another one.
    pub namespace: Option<String>,
    /// The holder.
    pub home: Option<Arc<Member>>,
    /// The versions of the holder's istiods, where they are known.
    pub versions: Vec<Option<IstioVersion>>,
    /// Whether servers that only mean something on one machine are meant so, which printed commands have to say too.
    pub allow_loopback: bool,
    /// For each data key the context that gives access to the same server, as far as the kubeconfig knows one.
    pub sources: BTreeMap<String, String>,
    /// What its data keys hold, in their order; asked by [`Held::judged`], which parses each of them once. A list, since a map of
    /// one takes as much room as one of eleven.
    pub judged: OnceCell<Vec<(String, Judged)>>,
}

/// What istiod would say to the value of a data key, and what that says.
pub(crate) struct Judged {
    pub refusal: Option<Refusal>,
    pub access: Option<AccessFacts>,
}

impl Judged {
    /// Where it gives access.
    pub(crate) fn address(&self) -> Option<Address> {
        let access = self.access.as_ref()?;
        Some(Address::new(
            &access.server,
            access.tls_server_name.as_deref(),
        ))
    }
}

/// A holder, as its secrets need to know it.
pub(crate) struct Place<'a> {
    pub member: &'a Arc<Member>,
    /// How kubectl is told about it.
    pub kubectl: &'a Arc<Kubectl>,
    /// The versions of its istiods, where they are known.
    pub versions: &'a [Option<IstioVersion>],
    /// Whether servers that only mean something on one machine are meant so.
    pub allow_loopback: bool,
}

#[cfg(test)]
impl Held {
    /// An empty secret in context east, of which nothing more is known.
    pub(crate) fn in_east() -> Self {
        Self {
            context: Some("east".to_owned()),
            kubectl: Arc::new(Kubectl::default().context("east")),
            namespace: None,
            ..Self::from_manifest(Secret::default(), "")
        }
    }
}

impl Held {
    /// A secret from a file or a pipe, for control planes in `namespace`; nothing is known of its holder.
    pub(crate) fn from_manifest(mut secret: Secret, namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()),
            context: None,
            kubectl: Arc::default(),
            managed_fields: pack_managed_fields(&mut secret),
            secret,
            home: None,
            versions: Vec::new(),
            allow_loopback: false,
            sources: BTreeMap::new(),
            judged: OnceCell::new(),
        }
    }

    /// A secret of a holder.
    pub(crate) fn in_holder(place: &Place<'_>, secret: Secret) -> Self {
        Self {
            context: Some(place.member.context.clone()),
            kubectl: Arc::clone(place.kubectl),
            namespace: None,
            home: Some(Arc::clone(place.member)),
            versions: place.versions.to_vec(),
            allow_loopback: place.allow_loopback,
            ..Self::from_manifest(secret, "")
        }
    }

    /// Looks up the contexts that give access to the servers of its data keys.
    pub(crate) fn find_sources(&mut self, sources: &Sources) {
        let judged = self.all_judged().iter();
        let addresses = judged.filter_map(|(key, one)| Some((key, one.address()?)));
        self.sources = addresses
            .filter_map(|(key, address)| {
                Some((key.clone(), sources.context_of(&address)?.to_owned()))
            })
            .collect();
    }

    /// Returns the Secret with its managed fields, for what asks whose it is.
    pub(crate) fn whole(&self) -> Secret {
        let mut secret = self.secret.clone();
        if let Some(text) = &self.managed_fields {
            secret.metadata.managed_fields = serde_json::from_str(text).ok();
        }
        secret
    }

    /// The Secret's name.
    pub(crate) fn name(&self) -> &str {
        own_name(&self.secret)
    }

    /// The data keys that are clusters to istiod; none where somebody else's clusters are in it.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.secret.data.iter().flat_map(BTreeMap::keys);
        keys.filter(|_| !self.is_of_argo_cd()).map(String::as_str)
    }

    /// Whether it has this data key and no other.
    pub(crate) fn has_only(&self, key: &str) -> bool {
        let mut keys = self.secret.data.iter().flat_map(BTreeMap::keys);
        keys.all(|one| one == key)
    }

    /// Whether it is one of the Secrets in which Argo CD keeps the clusters that it deploys to; what is in them is its own.
    pub(crate) fn is_of_argo_cd(&self) -> bool {
        let labels = self.secret.metadata.labels.as_ref();
        !has_label(&self.secret)
            && labels
                .and_then(|all| all.get(ARGO_SECRET_TYPE))
                .is_some_and(|kind| kind == "cluster")
    }

    /// What the value of a data key holds; nothing where there is no such key.
    pub(crate) fn judged(&self, key: &str) -> Option<&Judged> {
        let all = self.all_judged();
        let found = all.binary_search_by(|(one, _)| one.as_str().cmp(key));
        found.ok().map(|place| &all[place].1)
    }

    fn all_judged(&self) -> &[(String, Judged)] {
        self.judged.get_or_init(|| {
            let entries = self.secret.data.iter().flatten();
            entries
                .map(|(key, value)| {
                    let (verdict, access) = istiod_rules::judge(&value.0);
                    let refusal = verdict.err();
                    (key.clone(), Judged { refusal, access })
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
