//! A secret together with the place where it was found.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::mesh::access_facts;
use mesh_common::mesh::cluster_name::ClusterId;
use mesh_common::mesh::command::Kubectl;
use mesh_common::mesh::remote_secret::has_label;

use super::sources::Sources;

/// A secret, and what is known of the place where it was found.
pub(crate) struct Held {
    /// The holder's context; `None` for a file or a pipe.
    pub context: Option<String>,
    /// How kubectl is told about the holder.
    pub kubectl: Kubectl,
    pub secret: Secret,
    /// What the holder's istiods call their own cluster.
    pub istiods: Vec<ClusterId>,
    /// UID of the holder's kube-system.
    pub holder_uid: Option<String>,
    /// Names of the other secrets of the holder that lead to a cluster of this one, each with that cluster.
    pub twins: Vec<(String, String)>,
    /// For each data key the context that leads to the same server, as far as the kubeconfig knows one.
    pub sources: BTreeMap<String, String>,
}

/// A holder, as its secrets need to know it.
pub(crate) struct Place<'a> {
    pub context: &'a str,
    /// How kubectl is told about it.
    pub kubectl: &'a Kubectl,
    /// UID of its kube-system.
    pub uid: Option<&'a str>,
    /// What its istiods call their own cluster.
    pub istiods: &'a [ClusterId],
}

impl Held {
    /// A secret from a place of which nothing is known, such as a file.
    pub(crate) fn from_nowhere(secret: Secret) -> Self {
        Self {
            context: None,
            kubectl: Kubectl::default(),
            secret,
            istiods: Vec::new(),
            holder_uid: None,
            twins: Vec::new(),
            sources: BTreeMap::new(),
        }
    }

    /// Looks up the contexts that lead to the servers of its data keys.
    pub(crate) fn find_sources(&mut self, sources: &Sources) {
        let entries = self.secret.data.iter().flatten();
        let servers =
            entries.filter_map(|(key, value)| Some((key, access_facts::read(&value.0)?.server)));
        self.sources = servers
            .filter_map(|(key, server)| {
                Some((key.clone(), sources.context_of(&server)?.to_owned()))
            })
            .collect();
    }
}

/// Secrets of one holder, each with the others among `all` that lead to the same cluster.
pub(crate) fn in_holder(place: &Place<'_>, secrets: Vec<Secret>, all: &[Secret]) -> Vec<Held> {
    let name_of = |secret: &Secret| secret.metadata.name.clone().unwrap_or_default();
    let keys = |secret: &Secret| -> Vec<String> {
        secret
            .data
            .iter()
            .flat_map(BTreeMap::keys)
            .cloned()
            .collect()
    };
    let mut leading: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for secret in all.iter().filter(|secret| has_label(secret)) {
        for key in keys(secret) {
            leading.entry(key).or_default().push(name_of(secret));
        }
    }
    let twins = |secret: &Secret| {
        let own = name_of(secret);
        let keys = keys(secret).into_iter().filter(|_| has_label(secret));
        keys.flat_map(|key| {
            let others = leading.get(&key).into_iter().flatten();
            let others: Vec<_> = others
                .filter(|name| **name != own)
                .map(|name| (name.clone(), key.clone()))
                .collect();
            others
        })
        .collect()
    };
    secrets
        .into_iter()
        .map(|secret| Held {
            context: Some(place.context.to_owned()),
            kubectl: place.kubectl.clone(),
            twins: twins(&secret),
            secret,
            istiods: place.istiods.to_vec(),
            holder_uid: place.uid.filter(|uid| !uid.is_empty()).map(str::to_owned),
            sources: BTreeMap::new(),
        })
        .collect()
}
