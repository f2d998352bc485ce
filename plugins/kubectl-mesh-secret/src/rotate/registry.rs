//! Finds the cluster that issued each token, and the Secret there that the token ends with. It only reads.
//!
//! A holder's secret is written by whoever may write in the holder. So nothing follows from what a token says before the
//! API server of the cluster in question has accepted that very token; and a token Secret there has to hold its text.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Trust, fan_out};
use mesh_common::model::access_facts::{self, TrustFacts};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::reader::is_token_of;
use mesh_common::model::remote_cluster::normal_server;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::succession::{
    predecessor, replacement_name, successor, successor_name, usual_name,
};
use mesh_common::model::token_home::is_anchor;
use mesh_common::model::{certificate, server};
use secrecy::ExposeSecret as _;

use super::entries::Entry;
use super::lineage::Lineage;
use super::observe::Seen;
use super::plan::{Claim, Has, Part};
use super::resolve::Order;
use super::skipped::{Skipped, Why};
use mesh_common::ops::secret::identity::goes_by;
use mesh_common::ops::secret::presenter::Presenter;

/// What the clusters that were read say of tokens.
pub(super) struct Registry<'a> {
    seen: &'a Seen,
    order: &'a Order,
    presenter: &'a Presenter<'a>,
    now: Timestamp,
    /// Secrets that were read, by cluster, namespace and name.
    read: RefCell<BTreeMap<(usize, String, String), Option<Secret>>>,
}

impl<'a> Registry<'a> {
    pub(super) fn new(
        seen: &'a Seen,
        order: &'a Order,
        presenter: &'a Presenter<'a>,
        now: Timestamp,
    ) -> Self {
        Self {
            seen,
            order,
            presenter,
            now,
            read: RefCell::default(),
        }
    }

    /// The lineage of each token of `entries`, each once, and why the other tokens stay as they are. A token that no cluster
    /// accepts costs only itself.
    ///
    /// # Errors
    /// Ctrl-C.
    pub(super) async fn lineages(
        &self,
        entries: &[&Entry],
    ) -> Result<(Vec<Lineage>, Vec<Skipped>), Error> {
        let results = fan_out(alike(entries), |alike| async move {
            let found = self.lineage(&alike).await;
            (alike, found)
        });
        let (mut lineages, mut skipped) = (Vec::<Lineage>::new(), Vec::new());
        for (alike, result) in results.await {
            match result {
                Ok(one) if lineages.iter().any(|known| known.is_same(&one)) => {}
                Ok(one) => lineages.push(one),
                Err(Why::Failed(error)) if error.kind() == Kind::Interrupted => return Err(error),
                Err(why) => skipped.push(Skipped {
                    entries: alike.into_iter().cloned().collect(),
                    why,
                }),
            }
        }
        Ok((lineages, skipped))
    }

    /// The secrets with one of the tokens of `lineage`, asked for or not. Of a token that is bound to a Secret nothing but the
    /// cluster itself can say whether it is one.
    ///
    /// # Errors
    /// The cluster could not be asked.
    pub(super) async fn parts(
        &self,
        lineage: &Lineage,
        entries: &[Entry],
    ) -> Result<Vec<Part>, Error> {
        let source = &self.seen.places[lineage.source].cluster;
        let claimed = entries
            .iter()
            .filter_map(|entry| Some((entry, lineage.has(entry)?)));
        let results = fan_out(claimed, |(entry, has)| async move {
            let is_held = entry.home.is_held();
            let is_accepted = is_held
                || self
                    .presenter
                    .is_accepted(source, &entry.token, &entry.facts)
                    .await?;
            if !is_accepted {
                return Ok::<_, Error>(None);
            }
            let claim = self.claim(lineage, entry).await?;
            Ok(Some(Part {
                entry: entry.clone(),
                has,
                claim,
            }))
        });
        let parts = Error::gather(results.await)?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// Why the holder with this secret is to have a token of `lineage`.
    async fn claim(&self, lineage: &Lineage, entry: &Entry) -> Result<Claim, Error> {
        let place = &self.seen.places[entry.place];
        let homes = [Some(&lineage.old), lineage.new.as_ref()];
        let holding = place.holding(&entry.secret);
        let mut homes = homes.into_iter().flatten();
        if holding.is_some_and(|holding| homes.any(|home| holding.is_recorded(home))) {
            return Ok(Claim::Recorded);
        }
        let remote = &self.seen.places[lineage.source].cluster;
        let is_meant = self.order.remote_context.as_deref() == Some(remote.context());
        if !is_meant && !goes_by(remote, &self.order.namespace, &entry.key).await? {
            return Ok(Claim::OtherName);
        }
        let is_named = self.order.names_holders
            && place.named
            && self.order.wanted.includes(entry.name(), &entry.key);
        Ok(if is_named {
            Claim::Named
        } else {
            Claim::Unknown
        })
    }

    async fn lineage(&self, alike: &[&Entry]) -> Result<Lineage, Why> {
        let entry = alike[0];
        let account = (entry.home.namespace.as_str(), entry.home.account());
        if account != self.order.account() {
            return Err(Why::OtherAccount);
        }
        if entry.facts.has_expired(self.now) {
            return Err(Why::NotAccepted(Vec::new()));
        }
        let (source, home) = self.origin(alike).await?;
        let namespace = entry.home.namespace.clone();
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
        let account = entry.home.account();
        if let Some(other) = new.as_ref().filter(|new| !follows(new, &old, account)) {
            return Err(Why::InTheWay {
                name: own_name(other).to_owned(),
                source: self.seen.places[source].context().to_owned(),
            });
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
            usual: usual.filter(|usual| is_token_of(usual, account)),
        })
    }

    /// The cluster that issued the token: it has the Secret that the token ends with, and accepts the token.
    async fn origin(&self, alike: &[&Entry]) -> Result<(usize, Secret), Why> {
        let entry = alike[0];
        let mut unseen = Vec::new();
        for number in self.candidates(alike) {
            let (namespace, name) = (&entry.home.namespace, &entry.home.name);
            let found = match self.secret(number, namespace, name).await {
                Ok(found) => found,
                Err(error) if error.kind() == Kind::Interrupted => return Err(error.into()),
                Err(error) if self.is_meant(number, alike) => return Err(Why::NotAsked(error)),
                Err(error) => {
                    unseen.push(error.in_one_line());
                    continue;
                }
            };
            let is_home = |secret: &Secret| {
                let is_fit = !entry.home.is_held() || is_token_of(secret, entry.home.account());
                is_fit && entry.home.is(secret, entry.token.expose_secret())
            };
            let Some(home) = found.filter(is_home) else {
                continue;
            };
            if !entry.home.is_held() && !self.may_see(number, alike) {
                continue;
            }
            let cluster = &self.seen.places[number].cluster;
            let accepted = self
                .presenter
                .is_accepted(cluster, &entry.token, &entry.facts);
            match accepted.await {
                Ok(true) => return Ok((number, home)),
                Ok(false) => {}
                Err(error) => return Err(Why::NotAsked(error)),
            }
        }
        let unread = self.seen.unread.iter();
        unseen.extend(unread.map(|one| format!("{}: {}", one.context, one.error.in_one_line())));
        Err(Why::NotAccepted(unseen))
    }

    /// The clusters that may have issued the token; first the one that its server leads to.
    fn candidates(&self, alike: &[&Entry]) -> Vec<usize> {
        let mut candidates: Vec<usize> = (0..self.seen.places.len())
            .filter(|number| !alike.iter().all(|entry| entry.place == *number))
            .filter(|number| {
                let named = self.order.remote_context.as_deref();
                named.is_none_or(|named| self.seen.places[*number].context() == named)
            })
            .collect();
        candidates.sort_by_key(|number| !self.leads_to(*number, alike));
        candidates
    }

    /// Whether a cluster may be shown a token that it does not hold itself. One that merely says to have the right Secret may
    /// want to learn the token.
    fn may_see(&self, place: usize, alike: &[&Entry]) -> bool {
        if self.is_meant(place, alike) {
            return true;
        }
        let Trust::Authorities(pem) = self.seen.places[place].cluster.target().trust() else {
            return false;
        };
        let trusted = certificate::read_pem(pem);
        let facts = alike.iter().map(|one| access_facts::read(one.kubeconfig()));
        facts.flatten().any(|facts| match facts.trust {
            TrustFacts::Authorities { certificates } => {
                certificates.iter().any(|one| trusted.contains(one))
            }
            TrustFacts::AuthoritiesFile { .. } | TrustFacts::SystemRoots | TrustFacts::Nothing => {
                false
            }
        })
    }

    /// Whether a cluster is the one that was named, or has the address that the secret gives.
    fn is_meant(&self, place: usize, alike: &[&Entry]) -> bool {
        self.order.remote_context.is_some() || self.leads_to(place, alike)
    }

    fn leads_to(&self, place: usize, alike: &[&Entry]) -> bool {
        let target = self.seen.places[place].cluster.target();
        let own = normal_server(&server::without_login(target.server()));
        let mut servers = alike.iter().map(|entry| normal_server(&entry.server));
        servers.any(|server| server == own)
    }

    /// The context that the kubeconfig's text gives for the server of `entry`, or the one that was named.
    pub(super) fn context_of(&self, entry: &Entry) -> Option<&str> {
        let named = self.order.remote_context.as_deref();
        let mut places = 0..self.seen.places.len();
        let by_server = || {
            let place = places.find(|place| self.leads_to(*place, &[entry]))?;
            Some(self.seen.places[place].context())
        };
        named.or_else(by_server)
    }

    async fn secret(
        &self,
        place: usize,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Secret>, Error> {
        let key = (place, namespace.to_owned(), name.to_owned());
        if let Some(known) = self.read.borrow().get(&key) {
            return Ok(known.clone());
        }
        let cluster = &self.seen.places[place].cluster;
        let found: Option<Secret> = cluster.get(Some(namespace), name).await?;
        self.read.borrow_mut().insert(key, found.clone());
        Ok(found)
    }
}

/// The entries by their tokens, in the order in which each token was met: holders share one as a rule.
fn alike<'e>(entries: &[&'e Entry]) -> Vec<Vec<&'e Entry>> {
    let mut known = BTreeMap::<&str, usize>::new();
    let mut groups = Vec::<Vec<&Entry>>::new();
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

/// Whether `new` was made by this verb to take the place of `old`, and can hold a token of the account, or its end.
fn follows(new: &Secret, old: &Secret, account: &str) -> bool {
    let is_fit = is_anchor(new) || is_token_of(new, account);
    is_fit && new.type_ == old.type_ && predecessor(new) == Some(own_name(old))
}

impl Lineage {
    /// Which of the two tokens `entry` has by what it says, if it is one of them.
    pub(super) fn has(&self, entry: &Entry) -> Option<Has> {
        let is = |secret| {
            entry.home.namespace == self.namespace
                && entry.home.account() == self.account
                && entry.home.name == own_name(secret)
                && entry.home.is(secret, entry.token.expose_secret())
        };
        if is(&self.old) {
            return Some(Has::Old);
        }
        self.new.as_ref().filter(|new| is(new)).map(|_| Has::New)
    }
}
