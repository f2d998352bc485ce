//! The clusters that the secret is applied in: what is there, and whether it may be written. Pure but for the connection that each has.

use std::collections::BTreeSet;
use std::rc::Rc;

use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, concerns_one_cluster};
use mesh_model::cluster_name::{ClusterId, is_dns_label, nearest_label};
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::error::{Error, Kind};
use mesh_model::ownership::{TakeOver, take_over};
use mesh_model::read::Read;
use mesh_model::remote_secret::{SecretType, own_name, secret_name};
use mesh_model::secret::{delete, take_away};

use super::super::identity::Identity;
use super::observe::RemoteState;
use super::options::Options;
use super::packed::{Packed, Value};
use super::reach::Space;

/// The length of what tells a holder from another one of the same name, and the room that is left for its name.
const APART: usize = 8;
const ROOM: usize = 63 - 1 - APART;

/// A holder and what was read in it.
pub(crate) struct Holder {
    cluster: Cluster,
    identity: Identity,
    istiods: Read<Vec<ClusterId>>,
    has_namespace: Read<bool>,
    /// Every remote secret of the namespace, whoever made it, by name.
    secrets: Box<[Packed]>,
    /// The Secret of the name that ours will have, where the name is known before observing.
    unlabelled: Option<Packed>,
}

/// Checks every holder before anything is written; returns the good ones and the errors of those that could not be read.
pub(crate) fn check(
    holders: Vec<Result<Holder, Error>>,
    remote: &RemoteState,
    cluster: &str,
    options: &Options,
) -> Result<(Vec<Holder>, Vec<Error>), Error> {
    let (mut good, mut lost, mut wrong) = (Vec::<Holder>::new(), Vec::new(), Vec::new());
    for holder in holders {
        match holder {
            Ok(holder) => match holder.refusal(remote, cluster, &good, options) {
                Some(error) => wrong.push(error),
                None => good.push(holder),
            },
            Err(error) if concerns_one_cluster(&error) => lost.push(error),
            Err(error) => wrong.push(error),
        }
    }
    if good.is_empty() || !wrong.is_empty() {
        wrong.append(&mut lost);
    }
    Error::all(wrong).map_or(Ok((good, lost)), Err)
}

/// Refuses secrets that other managers own before anything is made in the remote cluster that only a holder could use.
pub(crate) fn check_owners(
    holders: &[Rc<Holder>],
    cluster: &str,
    options: &Options,
) -> Result<(), Error> {
    let refused = holders
        .iter()
        .filter(|_| !options.force_conflicts)
        .filter_map(|holder| {
            let existing = holder.existing(&options.secret_type.secret_name(cluster));
            holder
                .may_take_over(existing.as_ref(), cluster, options)
                .err()
        });
    Error::all(refused).map_or(Ok(()), Err)
}

impl Holder {
    /// Returns the holder `cluster`, whose istiods have these names for it.
    pub(crate) fn new(
        cluster: Cluster,
        identity: Identity,
        istiods: Read<Vec<ClusterId>>,
        space: Space,
    ) -> Self {
        Self {
            cluster,
            identity,
            istiods,
            has_namespace: space.has_namespace,
            secrets: sorted(space.secrets),
            unlabelled: space.unlabelled,
        }
    }

    /// Returns the cluster.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Returns lines about what was not checked, since it may not be read.
    pub(crate) fn skipped(&self, options: &Options) -> Vec<String> {
        let context = self.cluster.context();
        let is_named_by_istiod = options.has_own_token() && !options.names_holder();
        let parts = [
            (
                self.has_namespace.reason(),
                format!(
                    "checking that namespace {} exists in context {context}",
                    options.namespace
                ),
            ),
            (
                self.istiods
                    .reason()
                    .filter(|_| options.secret_type == SecretType::Remote),
                format!(
                    "comparing cluster names with the cluster ID of istiod in context {context}"
                ),
            ),
            (
                self.istiods.reason().filter(|_| is_named_by_istiod),
                format!("naming the token for context {context} by the cluster ID of its istiod"),
            ),
        ];
        let parts = parts.into_iter();
        let parts = parts.filter_map(|(reason, what)| Some(format!("skipped {what}: {}", reason?)));
        self.identity
            .not_compared(context)
            .into_iter()
            .chain(parts)
            .collect()
    }

    /// Returns its remote secrets that give access to none of `clusters`.
    pub(crate) fn secrets_beside(&self, clusters: &BTreeSet<&str>) -> Vec<Secret> {
        let secrets = self.secrets.iter();
        secrets
            .filter(|secret| {
                !clusters
                    .iter()
                    .any(|cluster| secret.gives_access_to(cluster))
            })
            .map(Packed::secret)
            .collect()
    }

    /// Returns the holder's name for a token of its own. Where that is not a label, two holders could come to the same one, and share
    /// what either may revoke; so what tells them apart goes with it.
    pub(crate) fn name(&self) -> String {
        let istiods = self.istiods.items();
        let known = istiods
            .first()
            .map_or_else(|| self.cluster.context(), ClusterId::as_str);
        if is_dns_label(known) {
            return known.to_owned();
        }
        nearest_label(&format!(
            "{:.ROOM$}-{:.APART$}",
            nearest_label(known),
            self.identity.apart()
        ))
    }

    /// Returns why it cannot hold a secret for this remote cluster, if it cannot; `others` are holders of the same secret.
    pub(crate) fn refusal(
        &self,
        remote: &RemoteState,
        cluster: &str,
        others: &[Self],
        options: &Options,
    ) -> Option<Error> {
        let context = self.cluster.context();
        let namespace = &options.namespace;
        if remote.identity.is(&self.identity) {
            return Some(
                Error::usage(format!("context {context} is the remote cluster itself"))
                    .hint("create the remote secret in another cluster")
                    .hint(
                        self.cluster
                            .target()
                            .kubectl()
                            .config()
                            .words("get-contexts"),
                    ),
            );
        }
        if let Some(same) = others
            .iter()
            .find(|other| other.identity.is(&self.identity))
        {
            return Some(
                Error::usage(format!(
                    "contexts {} and {context} are the same cluster",
                    same.cluster.context()
                ))
                .hint(Remedy::add(Knob::Into, same.cluster.context())),
            );
        }
        if self.has_namespace.seen() == Some(&false) {
            return Some(
                Error::new(
                    Kind::NotFound,
                    format!("namespace {namespace} does not exist in context {context}"),
                )
                .hint(
                    self.cluster
                        .target()
                        .kubectl()
                        .command()
                        .words("create namespace")
                        .arg(namespace),
                )
                .hint(
                    Step::new("name the namespace with ")
                        .knob(Knob::Namespace)
                        .text(", if Istio is installed in another one there"),
                ),
            );
        }
        self.wiring_refusal(cluster, options)
    }

    /// Returns the refusal of a secret that istiod would ignore without a word: one under its own name, a second one for the same
    /// cluster.
    fn wiring_refusal(&self, cluster: &str, options: &Options) -> Option<Error> {
        if options.secret_type == SecretType::Config {
            return None;
        }
        let context = self.cluster.context();
        if self.istiods.items().iter().any(|id| id.as_str() == cluster) {
            return Some(
                Error::usage(format!("the istiod of context {context} has the cluster ID {cluster} itself and would ignore the secret"))
                    .hint(
                        Step::new("two clusters of one mesh need two names: give this one another with ")
                            .knob(Knob::Name),
                    ),
            );
        }
        let own = secret_name(cluster);
        let other_secret = self
            .secrets
            .iter()
            .filter(|secret| secret.gives_access_to(cluster))
            .map(Packed::name)
            .find(|name| *name != own)?;
        let namespace = &options.namespace;
        Some(
            Error::new(
                Kind::Conflict,
                format!("secret {namespace}/{other_secret} in context {context} gives access to cluster {cluster} already, and istiod uses only one of them"),
            )
            .hint(take_away(
                (self.cluster.target().kubectl(), context, namespace),
                other_secret,
                cluster,
                self.has_only_one_key(other_secret),
            )),
        )
    }

    fn labelled(&self, name: &str) -> Option<&Packed> {
        let found = self
            .secrets
            .binary_search_by(|secret| secret.name().cmp(name));
        found.ok().map(|number| &self.secrets[number])
    }

    fn find(&self, name: &str) -> Option<&Packed> {
        let other = self.unlabelled.as_ref();
        self.labelled(name)
            .or_else(|| other.filter(|secret| secret.name() == name))
    }

    /// Returns every value of the remote secret of that name.
    pub(super) fn values_of(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let values = self.labelled(name).into_iter().flat_map(Packed::values);
        values.map(|(key, _, value)| (key, value))
    }

    /// Returns the Secret of that name, as it was read.
    pub(crate) fn existing(&self, name: &str) -> Option<Secret> {
        self.find(name).map(Packed::secret)
    }

    /// Returns UID and version of the Secret of that name, as it was read.
    pub(super) fn uid_and_version(&self, name: &str) -> Option<(Option<&str>, Option<&str>)> {
        let found = self.find(name)?;
        Some((found.uid(), found.version()))
    }

    /// Returns true where the Secret of that name is there and immutable.
    pub(super) fn is_immutable(&self, name: &str) -> bool {
        self.find(name).is_some_and(Packed::is_immutable)
    }

    /// Returns what the Secret of that name holds under `key`, and the UID recorded with it.
    pub(super) fn value(&self, name: &str, key: &str) -> Option<(Option<&str>, &Value)> {
        let mut values = self.find(name)?.values();
        values.find_map(|(own, uid, value)| (own == key).then_some((uid, value)))
    }

    /// Returns true where the remote secret of that name is for one cluster alone.
    pub(super) fn has_only_one_key(&self, name: &str) -> bool {
        self.labelled(name)
            .is_none_or(|secret| secret.values().count() < 2)
    }

    /// Returns every value of its remote secrets: Secret, data key, the UID recorded, and the value.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &str, Option<&str>, &Value)> {
        let secrets = self.secrets.iter();
        secrets.flat_map(|secret| {
            let values = secret.values();
            values.map(|(key, uid, value)| (secret.name(), key, uid, value))
        })
    }

    /// Returns true where the secret that is there may be taken over from the guides' own commands; one of another manager may not.
    pub(crate) fn may_take_over(
        &self,
        existing: Option<&Secret>,
        cluster: &str,
        options: &Options,
    ) -> Result<bool, Error> {
        let Some(existing) = existing else {
            return Ok(false);
        };
        if existing.immutable == Some(true) {
            return Err(immutable(&self.cluster, own_name(existing), options));
        }
        match take_over(existing, cluster) {
            TakeOver::Free => Ok(false),
            TakeOver::FromGuide => Ok(true),
            TakeOver::Stranger(owners) => Err(Error::new(
                Kind::Conflict,
                format!(
                    "secret {}/{} in context {} belongs to {}",
                    options.namespace,
                    options.secret_type.secret_name(cluster),
                    self.cluster.context(),
                    owners.join(", ")
                ),
            )
            .hint(
                Step::new("change it in its source, or take it over with ")
                    .knob(Knob::ForceConflicts),
            )),
        }
    }
}

fn sorted(mut secrets: Box<[Packed]>) -> Box<[Packed]> {
    secrets.sort_unstable_by(|one, other| one.name().cmp(other.name()));
    secrets
}

/// Returns the refusal of a write to an immutable Secret, which cannot be taken over either.
pub(super) fn immutable(cluster: &Cluster, name: &str, options: &Options) -> Error {
    let namespace = &options.namespace;
    Error::new(
        Kind::Conflict,
        format!(
            "secret {namespace}/{name} in context {} is immutable, so its data cannot be changed",
            cluster.context()
        ),
    )
    .hint(delete(
        cluster.target().kubectl(),
        cluster.context(),
        namespace,
        name,
    ))
    .hint(Remedy::then(
        "run the same command again, which creates the secret",
    ))
}
