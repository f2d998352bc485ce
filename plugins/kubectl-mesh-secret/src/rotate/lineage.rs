//! Finds the Secret that each token ends with, in the cluster that issued it, and how far its replacement is. It only reads.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::remote_secret::own_name;
use mesh_common::mesh::shell::shell_word;
use mesh_common::mesh::succession::{
    predecessor, replacement_name, successor, successor_name, usual_name,
};
use mesh_common::mesh::{Error, server};
use secrecy::ExposeSecret as _;

use super::entries::Entry;
use super::observe::Seen;
use crate::held::normal_server;

/// A token's Secret, what follows it, and what else holds its token.
pub(super) struct Lineage {
    /// The number of the cluster that issued it.
    pub source: usize,
    pub namespace: String,
    pub account: String,
    /// The Secret that the old token ends with.
    pub old: Secret,
    /// The name of the Secret that the new token ends with.
    pub new_name: String,
    /// That Secret, where it was made already.
    pub new: Option<Secret>,
    /// The Secret of the usual name, where that is another one than `old`: `create` looks for a token there.
    pub usual: Option<Secret>,
}

impl Lineage {
    /// Name of the Secret that the old token ends with.
    pub(super) fn old_name(&self) -> &str {
        own_name(&self.old)
    }

    /// Whether an earlier run has begun to replace the token.
    pub(super) fn is_begun(&self) -> bool {
        successor(&self.old).is_some()
    }
}

/// What the cluster with these tokens says of them.
pub(super) struct Registry<'a> {
    seen: &'a Seen,
    namespace: &'a str,
    source_context: Option<&'a str>,
    /// Secrets that were read, by cluster, namespace and name.
    read: BTreeMap<(usize, String, String), Option<Secret>>,
}

impl<'a> Registry<'a> {
    pub(super) fn new(seen: &'a Seen, namespace: &'a str, source_context: Option<&'a str>) -> Self {
        Self {
            seen,
            namespace,
            source_context,
            read: BTreeMap::new(),
        }
    }

    /// The lineage of each token of `entries`, each once.
    ///
    /// # Errors
    /// All tokens whose Secret is in no cluster that was read, joined.
    pub(super) async fn lineages(&mut self, entries: &[&Entry]) -> Result<Vec<Lineage>, Error> {
        let (mut lineages, mut wrong) = (Vec::<Lineage>::new(), Vec::new());
        for entry in entries {
            match self.lineage(entry).await {
                Ok(found) => {
                    let is_known = lineages.iter().any(|one| {
                        (one.source, &one.namespace, one.old_name())
                            == (found.source, &found.namespace, found.old_name())
                    });
                    if !is_known {
                        lineages.push(found);
                    }
                }
                Err(error) => wrong.push(error),
            }
        }
        Error::all(wrong).map_or(Ok(lineages), Err)
    }

    async fn lineage(&mut self, entry: &Entry) -> Result<Lineage, Error> {
        let (source, home) = self.origin(entry).await?;
        let namespace = entry.home.namespace.clone();
        let account = entry.facts.account().map_or("", |(_, account)| account);
        let mut old = home;
        let mut new = None;
        if let Some(before) = predecessor(&old)
            && let Some(before) = self.secret(source, &namespace, before).await?
            && successor(&before) == Some(own_name(&old))
        {
            // The holder has the new token already, and the old one is not revoked.
            new = Some(std::mem::replace(&mut old, before));
        }
        let mut new_name = match (&new, successor(&old)) {
            (Some(new), _) => own_name(new).to_owned(),
            (None, Some(marked)) => marked.to_owned(),
            (None, None) => successor_name(&old),
        };
        if new.is_none() {
            new = self.secret(source, &namespace, &new_name).await?;
            if new.is_none() && successor(&old).is_some() {
                // It was made and deleted: holders may have had its token, which is not to come back.
                new_name = replacement_name(own_name(&old), &new_name);
                new = self.secret(source, &namespace, &new_name).await?;
            }
        }
        let usual = usual_name(own_name(&old));
        let usual = if usual == own_name(&old) {
            None
        } else {
            let usual = usual.to_owned();
            self.secret(source, &namespace, &usual).await?
        };
        Ok(Lineage {
            source,
            namespace,
            account: account.to_owned(),
            old,
            new_name,
            new,
            usual,
        })
    }

    /// The cluster that issued the token, proven by the Secret that the token ends with.
    async fn origin(&mut self, entry: &Entry) -> Result<(usize, Secret), Error> {
        let server = normal_server(&entry.server);
        let mut candidates: Vec<usize> = (0..self.seen.places.len())
            .filter(|number| *number != entry.place)
            .filter(|number| {
                self.source_context
                    .is_none_or(|named| self.seen.places[*number].context() == named)
            })
            .collect();
        candidates.sort_by_key(|number| {
            let target = self.seen.places[*number].cluster.target();
            normal_server(&server::without_login(target.server())) != server
        });
        let mut unseen = Vec::new();
        for number in candidates {
            let (namespace, name) = (&entry.home.namespace, &entry.home.name);
            match self.secret(number, namespace, name).await {
                Ok(Some(secret)) if entry.home.is(&secret, entry.token.expose_secret()) => {
                    return Ok((number, secret));
                }
                Ok(_) => {}
                Err(error) if error.kind() == Kind::Interrupted => return Err(error),
                Err(error) => unseen.push(error),
            }
        }
        Err(self.unknown(entry, unseen))
    }

    async fn secret(
        &mut self,
        place: usize,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Secret>, Error> {
        let key = (place, namespace.to_owned(), name.to_owned());
        if let Some(known) = self.read.get(&key) {
            return Ok(known.clone());
        }
        let cluster = &self.seen.places[place].cluster;
        let found: Option<Secret> = cluster.get(Some(namespace), name).await?;
        self.read.insert(key, found.clone());
        Ok(found)
    }

    fn unknown(&self, entry: &Entry, unseen: Vec<Error>) -> Error {
        let holder = self.seen.places[entry.place].context();
        let mut error = Error::new(
            Kind::NotFound,
            format!(
                "secret {} in context {holder}: no cluster that was read has secret {}/{}, with which its token for cluster {} ends",
                entry.name(),
                entry.home.namespace,
                entry.home.name,
                entry.key
            ),
        )
        .hint("--source-context CONTEXT, the cluster that it leads to")
        .hint(format!(
            "kubectl mesh-secret create --context SOURCE --name {}{} --into {}   # if the token was revoked already",
            shell_word(&entry.key),
            if self.namespace == mesh_common::mesh::names::ISTIO_SYSTEM {
                String::new()
            } else {
                format!(" -n {}", shell_word(self.namespace))
            },
            shell_word(holder)
        ));
        for one in unseen {
            error = error.and(one);
        }
        for one in &self.seen.unread {
            error = error.hint(format!(
                "{} could not be read: {}",
                one.context,
                one.error.in_one_line()
            ));
        }
        error
    }
}
