//! Where the secrets come from: a file, a pipe, or the clusters that hold them. Nothing is judged here.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::client::{Cluster, Connector, Kubeconfig, Selection};
use mesh_common::model::cluster_name::ClusterId;
use mesh_common::model::command::Kubectl;
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::finding::CheckId;
use mesh_common::model::fleet::{Unreached, each_once};
use mesh_common::model::istio_version::IstioVersion;
use mesh_common::model::istiod;
use mesh_common::model::meant_for::Member;
use mesh_common::model::names::{KUBE_SYSTEM, REMOTE_SECRETS};
use mesh_common::model::read::Read;
use mesh_common::model::remote_secret::{leads_to, secret_name};
use mesh_common::model::secret::{Contexts, FoundSecret, Holder as SecretHolder, KnownClusters};
use mesh_common::ops::secret::known_clusters_of;
use mesh_common::ops::secret::remote::address;
use mesh_common::terminal::reading::read_contexts;

use super::report::Skipped;
use super::{InspectArgs, manifests};

/// Everything that was read.
#[derive(Default)]
pub(super) struct Seen {
    /// The secrets that were asked for.
    pub found: Vec<FoundSecret>,
    /// The other ones of the same holders.
    pub beside: Vec<FoundSecret>,
    /// Which secrets the istiods of each context use, where that has to be known.
    pub used: BTreeMap<String, KnownClusters>,
    pub unreached: Vec<Unreached>,
    /// Checks that could not be made.
    pub skipped: Vec<Skipped>,
    pub notes: Vec<String>,
    /// What is said where there is no secret.
    pub nothing: String,
}

/// Reads what the arguments name.
pub(super) async fn observe(
    arguments: &InspectArgs,
    kubeconfig: Option<&Kubeconfig>,
    contexts: &Contexts,
    connector: &Connector,
) -> Result<Seen, Error> {
    let mut seen = match (arguments.filename.as_slice(), kubeconfig) {
        ([_, ..], _) => {
            // Standard input may take as long as it likes, and Ctrl-C must be heard meanwhile.
            let files = arguments.filename.clone();
            let read = tokio::task::spawn_blocking(move || manifests::read(&files)).await;
            let texts =
                read.map_err(|e| Error::refused("the manifests cannot be read").because(e))??;
            from_texts(&texts, arguments)?
        }
        ([], Some(kubeconfig)) => from_clusters(arguments, kubeconfig, connector).await?,
        ([], None) => Seen::default(),
    };
    for found in seen.found.iter_mut().chain(&mut seen.beside) {
        found.find_contexts(contexts);
    }
    Ok(seen)
}

fn from_texts(texts: &[(String, String)], arguments: &InspectArgs) -> Result<Seen, Error> {
    let read = texts.iter().map(|(origin, text)| {
        let found = manifests::secrets(origin, text)?;
        let kinds: Vec<String> = found.passed_over.into_iter().collect();
        let note = format!(
            "{origin}: passed over, since only Secrets are looked at: {}",
            kinds.join(", ")
        );
        Ok((found.secrets, (!kinds.is_empty()).then_some(note)))
    });
    let (secrets, notes): (Vec<_>, Vec<_>) = Error::gather(read)?.into_iter().unzip();
    let origins: Vec<&str> = texts.iter().map(|(origin, _)| origin.as_str()).collect();
    let secrets = secrets.into_iter().flatten().collect();
    let found = select(secrets, &arguments.names, &origins.join(", "))?;
    let namespace = arguments.namespace.resolve();
    Ok(Seen {
        found: found
            .into_iter()
            .map(|secret| FoundSecret::from_manifest(secret, namespace))
            .collect(),
        notes: notes.into_iter().flatten().collect(),
        ..Seen::default()
    })
}

fn select(secrets: Vec<Secret>, names: &[String], place: &str) -> Result<Vec<Secret>, Error> {
    if names.is_empty() {
        return Ok(secrets);
    }
    let missing: Vec<Error> = names
        .iter()
        .filter(|name| !secrets.iter().any(|secret| is_meant(secret, name)))
        .map(|name| {
            Error::new(
                Kind::NotFound,
                format!("{place} holds no remote secret {name}"),
            )
        })
        .collect();
    match Error::all(missing) {
        Some(error) => Err(error),
        None => Ok(secrets
            .into_iter()
            .filter(|secret| names.iter().any(|name| is_meant(secret, name)))
            .collect()),
    }
}

/// A name is the Secret's or the cluster's.
fn is_meant(secret: &Secret, name: &str) -> bool {
    secret.metadata.name.as_deref() == Some(name) || leads_to(secret, name)
}

async fn from_clusters(
    arguments: &InspectArgs,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
) -> Result<Seen, Error> {
    let read = read_contexts(
        kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async { holder(&connector.connect(target).await?, arguments).await },
    )
    .await?;
    assemble(read, arguments)
}

struct Holder {
    kubectl: Arc<Kubectl>,
    uid: Read<String>,
    istiods: Read<Vec<ClusterId>>,
    member: Arc<Member>,
    versions: Vec<Option<IstioVersion>>,
    secrets: Vec<Secret>,
    used: KnownClusters,
}

impl Holder {
    fn found(&self, secret: Secret, allow_loopback: bool) -> FoundSecret {
        let place = SecretHolder {
            member: &self.member,
            kubectl: &self.kubectl,
            versions: &self.versions,
            allow_loopback,
        };
        FoundSecret::in_holder(&place, secret)
    }

    /// The checks that need what could not be read.
    fn skipped(&self, context: &str, probes: bool) -> Vec<Skipped> {
        let of_itself = self.istiods.reason().or_else(|| self.uid.reason());
        let of_cluster = self.uid.reason().filter(|_| probes);
        let unread = [
            (CheckId::SecretSelf, of_itself),
            (CheckId::SecretWrongCluster, of_cluster),
        ];
        let skipped = unread.into_iter().filter_map(|(check, reason)| {
            Some(Skipped {
                context: context.to_owned(),
                check,
                reason: reason?.to_owned(),
            })
        });
        skipped.collect()
    }
}

async fn holder(cluster: &Cluster, arguments: &InspectArgs) -> Result<Holder, Error> {
    let namespace = arguments.namespace.resolve();
    let remote = Selection::labelled(REMOTE_SECRETS);
    let istiods = Selection::labelled(istiod::SELECTOR);
    let reads = cluster.reads();
    let (space, deployments, secrets) = futures::join!(
        reads.get::<Namespace>(None, KUBE_SYSTEM),
        reads.list::<Deployment>(Some(namespace), &istiods),
        cluster.list::<Secret>(Some(namespace), &remote),
    );
    reads.checked()?;
    let mut secrets = secrets?;
    // A secret without the label is found by its name alone, and that it lacks the label is then told.
    for name in &arguments.names {
        if !secrets.iter().any(|secret| is_meant(secret, name)) {
            for candidate in [name.clone(), secret_name(name)] {
                secrets.extend(cluster.get::<Secret>(Some(namespace), &candidate).await?);
            }
        }
    }
    let uid = space.map(|space| {
        space
            .and_then(|space| space.metadata.uid)
            .unwrap_or_default()
    });
    let versions = istiod::versions(deployments.items());
    let istiods = deployments.map(|found| istiod::cluster_ids(&found));
    Ok(Holder {
        kubectl: Arc::new(cluster.target().kubectl().clone()),
        member: Arc::new(Member {
            context: cluster.context().to_owned(),
            address: address(cluster.target()),
            uid: uid.seen().filter(|uid| !uid.is_empty()).cloned(),
            ids: istiods.items().to_vec(),
        }),
        uid,
        versions,
        istiods,
        used: known_clusters_of(cluster, namespace, &secrets).await,
        secrets,
    })
}

fn assemble(
    read: Vec<(String, Result<Holder, Error>)>,
    arguments: &InspectArgs,
) -> Result<Seen, Error> {
    let namespace = arguments.namespace.resolve();
    let alone = read.len() == 1;
    let once = each_once(read, |holder: &Holder| {
        holder.uid.seen().map(String::as_str)
    })?;
    let mut seen = Seen {
        unreached: once.unreached,
        notes: once.notes,
        nothing: format!("no remote secret in namespace {namespace}"),
        ..Seen::default()
    };
    let mut errors = Vec::new();
    for (context, mut holder) in once.read {
        seen.skipped
            .extend(holder.skipped(&context, arguments.probe));
        let place = format!("namespace {namespace} of context {context}");
        let names = if alone {
            arguments.names.as_slice()
        } else {
            &[]
        };
        let is_asked = |one: &Secret| {
            let mut asked = names.iter();
            names.is_empty() || asked.any(|name| is_meant(one, name))
        };
        let secrets = std::mem::take(&mut holder.secrets);
        let (asked, beside): (Vec<_>, Vec<_>) = secrets.into_iter().partition(is_asked);
        match select(asked, names, &place) {
            Ok(secrets) => {
                let found = |secret| holder.found(secret, arguments.allow_loopback);
                seen.beside.extend(beside.into_iter().map(found));
                seen.found.extend(secrets.into_iter().map(found));
                seen.used.insert(context, holder.used);
            }
            Err(error) => errors.push(
                error.hint(
                    holder
                        .kubectl
                        .in_namespace(namespace)
                        .words("get secrets")
                        .flag("-l", REMOTE_SECRETS),
                ),
            ),
        }
    }
    if !alone && !arguments.names.is_empty() {
        let (found, beside) = std::mem::take(&mut seen.found)
            .into_iter()
            .partition(|found| {
                let mut asked = arguments.names.iter();
                asked.any(|name| is_meant(&found.secret, name))
            });
        seen.found = found;
        seen.beside = beside;
        // In a cluster that was not read it may be.
        if seen.unreached.is_empty() {
            errors.extend(nowhere(&seen.found, arguments));
        }
    }
    Error::all(errors).map_or(Ok(seen), Err)
}

/// An error for each name that none of several clusters holds.
fn nowhere(found: &[FoundSecret], arguments: &InspectArgs) -> Vec<Error> {
    let namespace = arguments.namespace.resolve();
    let is_held = |name: &&String| found.iter().any(|found| is_meant(&found.secret, name));
    arguments
        .names
        .iter()
        .filter(|name| !is_held(name))
        .map(|name| {
            Error::new(
                Kind::NotFound,
                format!(
                    "namespace {namespace} holds no remote secret {name} in any of the contexts"
                ),
            )
        })
        .collect()
}
