//! Reads the secrets of a cluster, and reduces them to facts as they come.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::names::{MULTI_CLUSTER_LABEL, REMOTE_SECRET_PREFIX, REMOTE_SECRETS};
use mesh_model::read::Read;
use mesh_model::remote_secret::{is_meant, own_name, secret_name};
use mesh_model::secret::{SecretFacts, SecretValues};
use mesh_model::snapshot::ClusterSnapshot;

use super::read::{apart, istiods, uid};
use super::salt::salt;
use super::slim_reads::SlimReads;

/// Values by the name of the secret.
type Values = BTreeMap<String, SecretValues>;

/// Reads the remote secrets of Istio's namespace in one wave, and by name those of `names` that lack the label.
pub(super) async fn in_namespace(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    names: &[String],
    keep_values: bool,
) -> Result<Values, Error> {
    let namespace = snapshot.istio_namespace.clone();
    let remote = Selection::labelled(REMOTE_SECRETS);
    let salt = salt()?;
    let reads = SlimReads::new(cluster);
    let (uid, istiods, secrets) = futures::join!(
        uid(&reads),
        istiods(&reads, Some(&namespace)),
        cluster.list::<Secret>(Some(&namespace), &remote),
    );
    reads.checked()?;
    (snapshot.uid, snapshot.istiods) = (uid, istiods);
    let (facts, mut values) = reduced(secrets?, keep_values).await?;
    snapshot.secrets = Read::Seen(facts);
    let mut by_name = BTreeMap::new();
    for name in names {
        let others = by_name.values().filter_map(found);
        let mut known = snapshot.secrets.items().iter().chain(others);
        if known.any(|facts| is_meant(&facts.secret, name)) {
            continue;
        }
        for candidate in [name.clone(), secret_name(name)] {
            let secret = cluster.get::<Secret>(Some(&namespace), &candidate).await?;
            let split = secret.map(|secret| SecretFacts::split(secret, salt));
            let (facts, value) = split.unzip();
            values.extend(
                value
                    .filter(|_| keep_values)
                    .map(|value| (candidate.clone(), value)),
            );
            by_name.insert(candidate, Read::Seen(facts));
        }
    }
    snapshot.secrets_by_name = Read::Seen(by_name);
    Ok(values)
}

fn found(read: &Read<Option<SecretFacts>>) -> Option<&SecretFacts> {
    read.seen()?.as_ref()
}

/// Reads the secrets and istiods of all namespaces in one wave; in a second one those of Istio's namespace, where only that may be
/// read, and the secrets that have the name of a remote secret and lack the label.
pub(super) async fn everywhere(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    keep_values: bool,
) -> Result<Values, Error> {
    let namespace = snapshot.istio_namespace.clone();
    let labelled = Selection::labelled(MULTI_CLUSTER_LABEL);
    let salt = salt()?;
    let all = Selection::default();
    let reads = SlimReads::new(cluster);
    let (uid, of_all, secrets, names) = futures::join!(
        uid(&reads),
        istiods(&reads, None),
        reads.whole().list::<Secret>(None, &labelled),
        reads.whole().list_names::<Secret>(Some(&namespace), &all),
    );
    reads.checked()?;
    snapshot.uid = uid;
    // Who may not read every namespace may still read this one.
    let (istiods, secrets) = futures::join!(
        async {
            match of_all {
                Read::Seen(all) => {
                    let (inside, outside) = apart(all, &namespace);
                    (Read::Seen(inside), Read::Seen(outside))
                }
                unread => (
                    istiods(&reads, Some(&namespace)).await,
                    unread.map(|_| Vec::new()),
                ),
            }
        },
        async {
            match secrets {
                Read::Seen(all) => (Ok(all), Read::Seen(Vec::new())),
                unread => (
                    cluster.list(Some(&namespace), &labelled).await,
                    unread.map(|_| Vec::new()),
                ),
            }
        },
    );
    reads.checked()?;
    (snapshot.istiods, snapshot.istiods_elsewhere) = istiods;
    let (secrets, mut elsewhere) = secrets;
    let (facts, mut values) = reduced(secrets?, keep_values).await?;
    let is_inside =
        |facts: &SecretFacts| facts.secret.metadata.namespace.as_deref() == Some(&namespace);
    let (inside, outside): (Vec<_>, Vec<_>) = facts.into_iter().partition(is_inside);
    if let Some(elsewhere) = elsewhere.seen_mut() {
        *elsewhere = outside;
    }
    snapshot.secrets_elsewhere = elsewhere;
    let names = names.map(|names| {
        let known = inside.iter().map(|facts| own_name(&facts.secret));
        let known: BTreeSet<&str> = known.collect();
        let usual = names.into_iter();
        let usual = usual.filter(|name| name.starts_with(REMOTE_SECRET_PREFIX));
        usual
            .filter(|name| !known.contains(name.as_str()))
            .collect::<Vec<String>>()
    });
    snapshot.secrets = Read::Seen(inside);
    let read = names.items().iter().map(|name| async {
        let secret = reads.whole().get::<Secret>(Some(&namespace), name).await;
        (
            name.clone(),
            secret.map(|secret| secret.map(|secret| SecretFacts::split(secret, salt))),
        )
    });
    let read = join_all(read).await;
    reads.checked()?;
    let mut by_name = BTreeMap::new();
    for (name, read) in read {
        let facts = read.map(|split| {
            let (facts, value) = split.unzip();
            values.extend(
                value
                    .filter(|_| keep_values)
                    .map(|value| (name.clone(), value)),
            );
            facts
        });
        by_name.insert(name, facts);
    }
    snapshot.secrets_by_name = names.map(|_| by_name);
    Ok(values)
}

/// Reduces secrets to their facts, away from the thread that serves the connections: there may be thousands.
///
/// # Errors
/// The runtime is being shut down.
async fn reduced(
    secrets: Vec<Secret>,
    keep_values: bool,
) -> Result<(Vec<SecretFacts>, Values), Error> {
    let salt = salt()?;
    let reducing = tokio::task::spawn_blocking(move || {
        let mut facts = Vec::with_capacity(secrets.len());
        let mut values = Values::new();
        for secret in secrets {
            let (one, value) = SecretFacts::split(secret, salt);
            if keep_values {
                values.insert(own_name(&one.secret).to_owned(), value);
            }
            facts.push(one);
        }
        (facts, values)
    });
    let reduced = reducing.await;
    reduced.map_err(|error| Error::refused("the secrets cannot be read").because(error))
}
