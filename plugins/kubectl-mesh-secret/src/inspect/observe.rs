//! Where the secrets come from: a file, a pipe, or the clusters that hold them. Nothing is judged here.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use mesh_common::client::{Connector, Kubeconfig};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::finding::CheckId;
use mesh_common::model::fleet::Unreached;
use mesh_common::model::istiod;
use mesh_common::model::names::REMOTE_SECRETS;
use mesh_common::model::remote_secret::is_meant;
use mesh_common::model::report::SkippedCheck;
use mesh_common::model::secret::{
    Contexts, FoundSecret, Holder, KnownClusters, SecretFacts, SecretValues,
};
use mesh_common::model::snapshot::{ClusterSnapshot, MeshSnapshot};
use mesh_common::ops::snapshot::{self, KeptValues, ValuesOfSecrets, Wanted, WantedSecrets};
use mesh_common::terminal::reading::read_contexts;

use super::{InspectArgs, manifests};

/// Everything that was read.
#[derive(Default)]
pub(super) struct Seen {
    /// The secrets that were asked for.
    pub found: Vec<FoundSecret>,
    /// The other ones of the same holders.
    pub beside: Vec<FoundSecret>,
    /// The secrets that the istiods of each context use, where that has to be known.
    pub used: BTreeMap<String, KnownClusters>,
    pub unreached: Vec<Unreached>,
    /// The number of clusters that were read; `None` for manifests.
    pub read: Option<usize>,
    /// Checks that could not be made.
    pub skipped: Vec<SkippedCheck>,
    pub notes: Vec<String>,
    /// The message where there is no secret.
    pub nothing: String,
}

/// Reads what the arguments name.
pub(super) async fn observe(
    arguments: &InspectArgs,
    kubeconfig: Option<&Kubeconfig>,
    contexts: &Contexts,
    connector: &Connector,
    now: Timestamp,
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
        ([], Some(kubeconfig)) => from_clusters(arguments, kubeconfig, connector, now).await?,
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
    let pool = snapshot::secret_pool()?;
    let secrets = secrets.into_iter().flatten();
    let secrets = secrets.map(|secret| SecretFacts::split(secret, pool));
    let found = select(secrets.collect(), &arguments.names, &origins.join(", "))?;
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

fn select(secrets: Vec<Split>, names: &[String], place: &str) -> Result<Vec<Split>, Error> {
    if names.is_empty() {
        return Ok(secrets);
    }
    let missing: Vec<Error> = names
        .iter()
        .filter(|name| {
            !secrets
                .iter()
                .any(|(facts, _)| is_meant(&facts.secret, name))
        })
        .map(|name| {
            Error::new(
                Kind::NotFound,
                format!("no remote secret {name} in {place}"),
            )
        })
        .collect();
    match Error::all(missing) {
        Some(error) => Err(error),
        None => Ok(secrets
            .into_iter()
            .filter(|(facts, _)| names.iter().any(|name| is_meant(&facts.secret, name)))
            .collect()),
    }
}

/// A secret, and its values where they are to be used or shown.
type Split = (SecretFacts, SecretValues);

async fn from_clusters(
    arguments: &InspectArgs,
    kubeconfig: &Kubeconfig,
    connector: &Connector,
    now: Timestamp,
) -> Result<Seen, Error> {
    let secrets = WantedSecrets::InNamespace {
        names: &arguments.names,
    };
    let wanted = Wanted {
        secrets: Some(&secrets),
        values: if arguments.probe || arguments.reveal {
            KeptValues::Data
        } else {
            KeptValues::None
        },
        ..Wanted::identity(arguments.namespace.resolve())
    };
    let read = read_contexts(
        kubeconfig,
        &arguments.connect,
        &arguments.contexts,
        |target| async {
            let cluster = connector.connect(target).await?;
            snapshot::read(&cluster, wanted).await
        },
    )
    .await?;
    let mut values = BTreeMap::new();
    let readings = read.into_iter().map(|(context, read)| {
        let snapshot = read.map(|read| {
            values.insert(context.clone(), read.values);
            read.snapshot
        });
        (context, snapshot)
    });
    let readings: Vec<_> = readings.collect();
    let alone = readings.len() == 1;
    assemble(MeshSnapshot::join(now, readings)?, values, alone, arguments)
}

/// Returns the checks that need what could not be read.
fn skipped(cluster: &ClusterSnapshot, probes: bool) -> Vec<SkippedCheck> {
    let of_itself = cluster.istiods.reason().or(cluster.uid.reason());
    let of_cluster = cluster.uid.reason().filter(|_| probes);
    let unread = [
        (CheckId::SecretSelf, of_itself),
        (CheckId::SecretWrongCluster, of_cluster),
    ];
    let skipped = unread.into_iter().filter_map(|(check, reason)| {
        Some(SkippedCheck {
            context: cluster.context.clone(),
            check,
            reason: reason?.to_owned(),
        })
    });
    skipped.collect()
}

/// The values of the secrets of each context.
type Values = BTreeMap<String, ValuesOfSecrets>;

/// Returns the secrets of a mesh with their values; `alone` is true if only one context was asked for.
fn assemble(
    mesh: MeshSnapshot,
    mut values: Values,
    alone: bool,
    arguments: &InspectArgs,
) -> Result<Seen, Error> {
    let namespace = arguments.namespace.resolve();
    let mut seen = Seen {
        notes: mesh.notes(),
        read: Some(mesh.clusters.len()),
        unreached: mesh.unreached,
        nothing: format!("no remote secret in namespace {namespace}"),
        ..Seen::default()
    };
    let mut errors = Vec::new();
    for mut snapshot in mesh.clusters {
        let context = snapshot.context.clone();
        let mut values = values.remove(&context).unwrap_or_default();
        seen.skipped.extend(skipped(&snapshot, arguments.probe));
        let place = format!("namespace {namespace} of context {context}");
        let names = if alone {
            arguments.names.as_slice()
        } else {
            &[]
        };
        let is_asked = |(facts, _): &Split| {
            let mut asked = names.iter();
            names.is_empty() || asked.any(|name| is_meant(&facts.secret, name))
        };
        let secrets = snapshot.take_secrets().into_iter();
        let secrets = secrets.map(|facts| {
            let values = values.take(&facts);
            (facts, values)
        });
        let (asked, beside): (Vec<_>, Vec<_>) = secrets.partition(is_asked);
        let holder = Holder {
            member: &Arc::new(snapshot.member()),
            kubectl: &Arc::new(snapshot.kubectl.clone()),
            versions: &istiod::versions(snapshot.istiods.items()),
            allow_loopback: arguments.allow_loopback,
        };
        match select(asked, names, &place) {
            Ok(secrets) => {
                let found = |secret| FoundSecret::in_holder(&holder, secret);
                seen.beside.extend(beside.into_iter().map(found));
                seen.found.extend(secrets.into_iter().map(found));
                seen.used.insert(context, snapshot.known_clusters());
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
                asked.any(|name| is_meant(&found.facts.secret, name))
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
    let is_held = |name: &&String| {
        found
            .iter()
            .any(|found| is_meant(&found.facts.secret, name))
    };
    arguments
        .names
        .iter()
        .filter(|name| !is_held(name))
        .map(|name| {
            Error::new(
                Kind::NotFound,
                format!("no remote secret {name} in namespace {namespace} of any of the contexts"),
            )
        })
        .collect()
}
