//! Finds the Secret that each token ends with, in the cluster that issued it, and how far its replacement is. It only reads.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::names::{SERVICE_ACCOUNT_TOKEN, TOKEN_KEY};
use mesh_common::mesh::reader::is_token_of;
use mesh_common::mesh::remote_secret::own_name;
use mesh_common::mesh::succession::{
    predecessor, replacement_name, successor, successor_name, usual_name,
};
use mesh_common::mesh::token_home::held_token;
use mesh_common::mesh::{Error, server};
use secrecy::ExposeSecret as _;

use super::entries::Entry;
use super::observe::Seen;
use crate::held::{create, normal_server, same_kind};

/// A token's Secret, what follows it, and what else holds its token.
pub(super) struct Lineage {
    /// The number of the cluster that issued it.
    pub source: usize,
    pub namespace: String,
    pub account: String,
    /// The Secret that the old token ends with; where it ended, what is left of that: its name, and the token that holders have.
    pub old: Secret,
    /// Whether the old token ended before, because that Secret is gone.
    pub has_ended: bool,
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

    /// The Secret that says whom the token is for.
    pub(super) fn forerunner(&self) -> &Secret {
        let usual = self.usual.as_ref().filter(|_| self.has_ended);
        usual.unwrap_or(&self.old)
    }

    /// Whether it hands out the token that `other` would replace: that was given to some holders, and others wait for it.
    fn is_giving(&self, other: &Self) -> bool {
        let ends = (other.source, other.namespace.as_str(), other.old_name());
        self.has_ended && ends == (self.source, &self.namespace, &self.new_name)
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
        if let Some(error) = Error::all(wrong) {
            return Err(error);
        }
        let is_kept = |one: &Lineage| !lineages.iter().any(|other| other.is_giving(one));
        let kept: Vec<bool> = lineages.iter().map(is_kept).collect();
        let lineages = lineages.into_iter().zip(kept);
        Ok(lineages
            .filter_map(|(one, is_kept)| is_kept.then_some(one))
            .collect())
    }

    async fn lineage(&mut self, entry: &Entry) -> Result<Lineage, Error> {
        let (source, home) = match self.origin(entry).await {
            Err(error) if error.kind() == Kind::NotFound => {
                return self.ended(entry).await?.ok_or(error);
            }
            origin => origin?,
        };
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
            has_ended: false,
            new_name,
            new,
            usual,
        })
    }

    /// The lineage of a token whose Secret is gone, in the cluster where the Secret of the usual name still hands it out, or
    /// where what takes its place was made.
    async fn ended(&mut self, entry: &Entry) -> Result<Option<Lineage>, Error> {
        let (namespace, gone) = (&entry.home.namespace, &entry.home.name);
        let new_name = replacement_name(gone, gone);
        for source in self.candidates(entry) {
            let usual = self.secret(source, namespace, usual_name(gone)).await;
            let new = self.secret(source, namespace, &new_name).await;
            // Why a cluster cannot be read is told by who looked for the Secret itself.
            let (Ok(usual), Ok(new)) = (usual, new) else {
                continue;
            };
            let token = entry.token.expose_secret();
            let is_handed_out = usual.as_ref().and_then(held_token) == Some(token);
            let account = entry.facts.account().map_or("", |(_, account)| account);
            let is_replaced = new.as_ref().is_some_and(|new| is_token_of(new, account));
            if is_handed_out || is_replaced {
                return Ok(Some(Lineage {
                    source,
                    namespace: namespace.clone(),
                    account: account.to_owned(),
                    old: remains(entry),
                    has_ended: true,
                    new_name,
                    new,
                    usual,
                }));
            }
        }
        Ok(None)
    }

    /// The cluster that issued the token, proven by the Secret that the token ends with.
    async fn origin(&mut self, entry: &Entry) -> Result<(usize, Secret), Error> {
        let mut unseen = Vec::new();
        for number in self.candidates(entry) {
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

    /// The clusters that may have issued the token; first the one that its server leads to.
    fn candidates(&self, entry: &Entry) -> Vec<usize> {
        let server = normal_server(&entry.server);
        let mut candidates: Vec<usize> = (0..self.seen.places.len())
            .filter(|number| *number != entry.place)
            .filter(|number| {
                self.source_context
                    .is_none_or(|named| self.seen.places[*number].context() == named)
            })
            .collect();
        candidates.sort_by_key(|number| !self.leads_to(*number, &server));
        candidates
    }

    fn leads_to(&self, place: usize, server: &str) -> bool {
        let target = self.seen.places[place].cluster.target();
        normal_server(&server::without_login(target.server())) == server
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
        let server = normal_server(&entry.server);
        let mut places = 0..self.seen.places.len();
        let source = places.find(|place| self.leads_to(*place, &server));
        let source = source.map(|place| self.seen.places[place].context());
        let mut error = Error::new(
            Kind::NotFound,
            format!(
                "secret {} in context {holder}: no cluster that was read has secret {}/{}, with which its token for cluster {} ends",
                entry.name(),
                entry.home.namespace,
                entry.home.name,
                entry.key
            ),
        );
        if source.is_none() {
            error = error
                .hint("name the context of the cluster that it leads to with --source-context");
        }
        let again = "if the token was revoked already, create the secret again";
        error = match source {
            Some(source) => {
                let kubectl = self.seen.places[entry.place].cluster.target().kubectl();
                let create = create(kubectl, source, Some(&entry.key), [self.namespace, holder]);
                error
                    .hint(format!("{again} with the next command"))
                    .hint(same_kind(create, &entry.facts))
            }
            None => error.hint(format!(
                "{again} (kubectl mesh-secret create) from that context, into context {holder}"
            )),
        };
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

/// What a Secret that is gone leaves: the token that it held is in the holders.
fn remains(entry: &Entry) -> Secret {
    let token = entry.token.expose_secret().as_bytes().to_vec();
    Secret {
        metadata: ObjectMeta {
            name: Some(entry.home.name.clone()),
            namespace: Some(entry.home.namespace.clone()),
            ..ObjectMeta::default()
        },
        type_: Some(SERVICE_ACCOUNT_TOKEN.to_owned()),
        data: Some([(TOKEN_KEY.to_owned(), ByteString(token))].into()),
        ..Secret::default()
    }
}
