//! What a snapshot was taken of: the judgement needs it, and it is not in the clusters.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ClusterSnapshot, MeshSnapshot};
use crate::names::ISTIO_SYSTEM;
use crate::remote_cluster::Address;
use crate::remote_secret::annotated_cluster;
use crate::secret::{Contexts, SecretFacts};
use crate::topology::ExpectedPair;

/// The clusters and options that the user asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// Istio's namespace.
    pub istio_namespace: String,
    /// True if the user named the clusters, which then are one mesh; otherwise the clusters that remote secrets connect are.
    pub are_named: bool,
    /// True if loopback addresses are accepted.
    pub allow_loopback: bool,
    /// The pairs of clusters that need a remote secret, where a file of the mesh says so; otherwise those of one mesh all do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_pairs: Option<Vec<ExpectedPair>>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            istio_namespace: ISTIO_SYSTEM.to_owned(),
            are_named: true,
            allow_loopback: false,
            expected_pairs: None,
        }
    }
}

impl Asked {
    /// Returns whether a cluster needs a remote secret for another one. Without a file of the mesh every one does.
    pub(crate) fn expects(&self, holder: &str, remote: Option<&str>) -> bool {
        self.expected_pairs.as_ref().is_none_or(|pairs| {
            let mut pairs = pairs.iter();
            pairs.any(|pair| pair.holder == holder && Some(pair.remote.as_str()) == remote)
        })
    }
}

/// A context of the operator's kubeconfig, read or not: secrets are compared with its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownContext {
    /// The context.
    pub context: String,
    /// Its API server, without user name and password.
    #[serde(default)]
    pub address: Address,
}

impl MeshSnapshot {
    /// Adds those of these contexts that the secrets of its clusters can be compared with, in their order. The others, which may be of
    /// other meshes, are not in it.
    #[must_use]
    pub fn with_contexts(mut self, contexts: &Contexts) -> Self {
        let secrets = self.clusters.iter().flat_map(all_secrets);
        let mut servers: BTreeSet<String> = BTreeSet::new();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for facts in secrets {
            names.extend(annotated_cluster(&facts.secret).cloned());
            for (key, judged) in facts.all_judged() {
                names.insert(key.clone());
                servers.extend(judged.address().map(|address| address.server));
            }
        }
        for member in self.members() {
            names.insert(member.context);
            servers.insert(member.address.server);
        }
        let wanted = contexts.all().iter().filter(|member| {
            names.contains(&member.context) || servers.contains(&member.address.server)
        });
        let wanted = wanted.map(|member| KnownContext {
            context: member.context.clone(),
            address: member.address.clone(),
        });
        self.contexts = wanted.collect();
        self
    }

    /// Returns the contexts that secrets are compared with.
    pub fn known_contexts(&self) -> Contexts {
        let all = self.contexts.iter();
        let all = all.map(|one| (one.context.clone(), one.address.clone()));
        Contexts::new(all, None)
    }
}

fn all_secrets(cluster: &ClusterSnapshot) -> impl Iterator<Item = &SecretFacts> {
    let elsewhere = cluster.secrets_elsewhere.items();
    cluster.secrets_of_namespace().chain(elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Kubectl;

    #[test]
    fn the_contexts_of_a_snapshot_are_those_that_its_clusters_have_to_do_with() {
        let address = |server: &str| Address::new(server, None);
        let contexts = [
            ("north", "https://n"),
            ("again", "https://E/"),
            ("east", "https://e"),
        ];
        let contexts = contexts.map(|(name, server)| (name.to_owned(), address(server)));
        let contexts = Contexts::new(contexts, None);
        let east = ClusterSnapshot::new("east", address("https://e"), Kubectl::default(), "mesh");
        let moment = "2026-11-28T00:00:00Z".parse().expect("it is a moment");
        let read = vec![("east".to_owned(), Ok(east))];
        let snapshot = MeshSnapshot::join(moment, read).expect("it was read");
        let snapshot = snapshot.with_contexts(&contexts);
        let names = snapshot.contexts.iter().map(|one| one.context.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["again", "east"]);
        let known = snapshot.known_contexts();
        assert_eq!(known.context_of(&address("https://e")), Some("again"));
        assert_eq!(known.context_of(&address("https://n")), None);
    }
}
