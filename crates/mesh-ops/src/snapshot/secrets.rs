//! Reads the secrets of a cluster, and reduces them to facts as they come.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{LocalBoxFuture, join_all};
use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::names::{MULTI_CLUSTER_LABEL, REMOTE_SECRET_PREFIX, REMOTE_SECRETS};
use mesh_model::read::Read;
use mesh_model::remote_secret::{is_meant, own_name, secret_name};
use mesh_model::secret::{SecretFacts, SecretPool, UnjudgedSecret};
use mesh_model::snapshot::ClusterSnapshot;
use tokio::sync::Semaphore;

use super::istiod_pages::known_clusters;
use super::read::{ReadCluster, apart, istiods, only_if, uid};
use super::secret_pool::secret_pool;
use super::slim_reads::SlimReads;
use super::values::ValuesOfSecrets;
use super::wanted::{KeptValues, Secrets, Wanted, WantedSecrets};

/// The limit of clusters whose kubeconfigs are judged at the same time: others mostly have the same ones, and a thread costs memory.
static JUDGES: Semaphore = Semaphore::const_new(2);

impl Secrets for WantedSecrets<'_> {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
        wanted: &'r Wanted<'r>,
    ) -> LocalBoxFuture<'r, Result<ValuesOfSecrets, Error>> {
        Box::pin(async move {
            let values = match *self {
                Self::InNamespace { names } => in_namespace(cluster, snapshot, names, wanted).await,
                Self::Labelled { everywhere } => {
                    labelled(cluster, snapshot, everywhere, wanted).await
                }
                Self::Everywhere => everywhere(cluster, snapshot, wanted, true).await,
                Self::EverywhereAsFarAsRead => everywhere(cluster, snapshot, wanted, false).await,
            }?;
            if wanted.istiods {
                known_clusters(cluster, snapshot).await;
            }
            Ok(values)
        })
    }
}

/// Reads the remote secrets of Istio's namespace in one wave, and by name those of `names` that lack the label.
async fn in_namespace(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    names: &[String],
    wanted: &Wanted<'_>,
) -> Result<ValuesOfSecrets, Error> {
    let namespace = wanted.istio_namespace;
    let pool = secret_pool()?;
    let reads = SlimReads::new(cluster);
    let (uid, istiods, secrets) = futures::join!(
        only_if(wanted.uid, uid(&reads)),
        only_if(wanted.istiods, istiods(&reads, Some(namespace))),
        remote_secrets(cluster, namespace, |secret| UnjudgedSecret::new(
            secret, pool
        )),
    );
    if wanted.uid && wanted.istiods {
        reads.checked()?;
    }
    reads.reached()?;
    (snapshot.uid, snapshot.istiods) = (uid, istiods);
    let (facts, mut values) = reduced(secrets?, wanted.values).await?;
    snapshot.secrets = Read::Seen(facts);
    let mut by_name = BTreeMap::new();
    for name in names {
        let others = by_name.values().filter_map(found);
        let mut read = snapshot.secrets.items().iter().chain(others);
        if read.any(|facts| is_meant(&facts.secret, name)) {
            continue;
        }
        for candidate in [name.clone(), secret_name(name)] {
            let secret = cluster.get::<Secret>(Some(namespace), &candidate).await?;
            let facts = secret.map(|secret| {
                let (facts, value) = SecretFacts::split(secret, pool);
                values.keep(&facts, value, wanted.values);
                facts
            });
            by_name.insert(candidate, Read::Seen(facts));
        }
    }
    snapshot.secrets_by_name = Read::Seen(by_name);
    Ok(values)
}

/// Reads the remote secrets of a namespace. Of each page only the results of `keep` are there when the next one is read.
///
/// # Errors
/// They could not be read.
pub(crate) async fn remote_secrets<R>(
    cluster: &Cluster,
    namespace: &str,
    keep: impl Fn(Secret) -> R,
) -> Result<Vec<R>, Error> {
    let remote = Selection::labelled(REMOTE_SECRETS);
    cluster.list_with(Some(namespace), &remote, keep).await
}

fn found(read: &Read<Option<SecretFacts>>) -> Option<&SecretFacts> {
    read.seen()?.as_ref()
}

/// Reads the secrets with the label, whatever its value: those of Istio's namespace, or those of all namespaces where `everywhere` is
/// asked for and that may be read.
async fn labelled(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    everywhere: bool,
    wanted: &Wanted<'_>,
) -> Result<ValuesOfSecrets, Error> {
    let labelled = Selection::labelled(MULTI_CLUSTER_LABEL);
    let pool = secret_pool()?;
    let unjudged = |secret| UnjudgedSecret::new(secret, pool);
    let reads = SlimReads::new(cluster);
    let of_all = reads.whole().list_with(None, &labelled, unjudged);
    let of_all = only_if(everywhere, of_all).await;
    reads.reached()?;
    let (secrets, elsewhere) = narrowed(cluster, of_all, (wanted.istio_namespace, pool)).await;
    part(snapshot, secrets?, elsewhere, wanted.values).await
}

/// Adds the secrets of these names in Istio's namespace that are not known yet, all read at once.
///
/// # Errors
/// All that could not be read, joined.
pub async fn read_by_name(
    cluster: &Cluster,
    read: &mut ReadCluster,
    names: &BTreeSet<String>,
    kept: KeptValues,
) -> Result<(), Error> {
    let ReadCluster { snapshot, values } = read;
    let namespace = snapshot.istio_namespace.clone();
    let pool = secret_pool()?;
    let reading = names
        .iter()
        .map(|name| cluster.get::<Secret>(Some(&namespace), name));
    let secrets = Error::gather(join_all(reading).await)?;
    let known = snapshot.secrets.items().iter();
    let known: BTreeSet<&str> = known.map(|facts| own_name(&facts.secret)).collect();
    let mut by_name = BTreeMap::new();
    for (name, secret) in names.iter().zip(secrets) {
        if known.contains(name.as_str()) {
            continue;
        }
        let facts = secret.map(|secret| {
            let (facts, value) = SecretFacts::split(secret, pool);
            values.keep(&facts, value, kept);
            facts
        });
        by_name.insert(name.clone(), Read::Seen(facts));
    }
    snapshot.secrets_by_name = Read::Seen(by_name);
    Ok(())
}

/// Reads the secrets and istiods of all namespaces in one wave; in a second one those of Istio's namespace, where only that may be
/// read, and the secrets that have the name of a remote secret and lack the label. Secrets that cannot be read and are needed cost the
/// cluster, as does nothing at all that could be read.
async fn everywhere(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    wanted: &Wanted<'_>,
    are_needed: bool,
) -> Result<ValuesOfSecrets, Error> {
    let namespace = wanted.istio_namespace;
    let labelled = Selection::labelled(MULTI_CLUSTER_LABEL);
    let pool = secret_pool()?;
    let unjudged = |secret| UnjudgedSecret::new(secret, pool);
    let all = Selection::default();
    let reads = SlimReads::new(cluster);
    let (uid, of_all, secrets, names) = futures::join!(
        uid(&reads),
        istiods(&reads, None),
        reads.whole().list_with(None, &labelled, unjudged),
        reads.whole().list_names::<Secret>(Some(namespace), &all),
    );
    reads.checked()?;
    snapshot.uid = uid;
    // Who may not read every namespace may still read this one.
    let (istiods, secrets) = futures::join!(
        async {
            match of_all {
                Read::Seen(all) => {
                    let (inside, outside) = apart(all, namespace);
                    (Read::Seen(inside), Read::Seen(outside))
                }
                unread => (
                    istiods(&reads, Some(namespace)).await,
                    unread.map(|_| Vec::new()),
                ),
            }
        },
        narrowed(cluster, secrets, (namespace, pool)),
    );
    reads.checked()?;
    (snapshot.istiods, snapshot.istiods_elsewhere) = istiods;
    let (secrets, elsewhere) = secrets;
    let is_any_seen = snapshot.uid.is_seen() || snapshot.istiods.is_seen() || names.is_seen();
    let secrets = if are_needed || !is_any_seen {
        Read::Seen(secrets?)
    } else {
        reads.whole().take(secrets)
    };
    let mut values = match secrets {
        Read::Seen(secrets) => part(snapshot, secrets, elsewhere, wanted.values).await?,
        unread => {
            let unread = unread.map(drop);
            snapshot.secrets = unread.clone().map(|()| Vec::new());
            snapshot.secrets_elsewhere = elsewhere.map(|()| Vec::new());
            snapshot.secrets_by_name = unread.map(|()| BTreeMap::new());
            reads.checked()?;
            return Ok(ValuesOfSecrets::default());
        }
    };
    let names = names.map(|names| {
        let known = snapshot.secrets.items().iter();
        let known: BTreeSet<&str> = known.map(|facts| own_name(&facts.secret)).collect();
        let usual = names.into_iter();
        let usual = usual.filter(|name| name.starts_with(REMOTE_SECRET_PREFIX));
        usual
            .filter(|name| !known.contains(name.as_str()))
            .collect::<Vec<String>>()
    });
    let read = names.items().iter().map(|name| async {
        let secret = reads.whole().get::<Secret>(Some(namespace), name).await;
        (name.clone(), secret)
    });
    let read = join_all(read).await;
    reads.checked()?;
    let mut by_name = BTreeMap::new();
    for (name, read) in read {
        let facts = read.map(|secret| {
            let (facts, value) = SecretFacts::split(secret?, pool);
            values.keep(&facts, value, wanted.values);
            Some(facts)
        });
        by_name.insert(name, facts);
    }
    snapshot.secrets_by_name = names.map(|_| by_name);
    Ok(values)
}

/// Returns the secrets with the label of all namespaces where they were read, and otherwise those of this one, with the reason why
/// not those of the others.
async fn narrowed(
    cluster: &Cluster,
    of_all: Read<Vec<UnjudgedSecret>>,
    (namespace, pool): (&str, &SecretPool),
) -> (Result<Vec<UnjudgedSecret>, Error>, Read<()>) {
    match of_all {
        Read::Seen(all) => (Ok(all), Read::Seen(())),
        unread => {
            let labelled = Selection::labelled(MULTI_CLUSTER_LABEL);
            let unjudged = |secret| UnjudgedSecret::new(secret, pool);
            (
                cluster
                    .list_with(Some(namespace), &labelled, unjudged)
                    .await,
                unread.map(drop),
            )
        }
    }
}

/// Adds the facts of secrets to the snapshot: those of Istio's namespace, and those of the others, if these were read.
async fn part(
    snapshot: &mut ClusterSnapshot,
    secrets: Vec<UnjudgedSecret>,
    elsewhere: Read<()>,
    kept: KeptValues,
) -> Result<ValuesOfSecrets, Error> {
    let (facts, values) = reduced(secrets, kept).await?;
    let namespace = snapshot.istio_namespace.as_str();
    let is_inside =
        |facts: &SecretFacts| facts.secret.metadata.namespace.as_deref() == Some(namespace);
    let (inside, outside): (Vec<_>, Vec<_>) = facts.into_iter().partition(is_inside);
    snapshot.secrets = Read::Seen(inside);
    snapshot.secrets_elsewhere = elsewhere.map(|()| outside);
    Ok(values)
}

/// Reduces secrets to their facts. Kubeconfigs that no secret had before are parsed away from the thread that serves the
/// connections: there may be thousands.
///
/// # Errors
/// The runtime is being shut down.
async fn reduced(
    secrets: Vec<UnjudgedSecret>,
    kept: KeptValues,
) -> Result<(Vec<SecretFacts>, ValuesOfSecrets), Error> {
    let pool = secret_pool()?;
    let are_known = |secrets: &[UnjudgedSecret]| secrets.iter().all(UnjudgedSecret::is_known);
    let judge = move |secrets: Vec<UnjudgedSecret>| {
        let mut facts = Vec::with_capacity(secrets.len());
        let mut values = ValuesOfSecrets::default();
        for secret in secrets {
            let (one, value) = secret.judged(pool);
            values.keep(&one, value, kept);
            facts.push(one);
        }
        (facts, values)
    };
    if are_known(&secrets) {
        return Ok(judge(secrets));
    }
    let _turn = JUDGES.acquire().await;
    if are_known(&secrets) {
        return Ok(judge(secrets));
    }
    let judged = tokio::task::spawn_blocking(move || judge(secrets)).await;
    judged.map_err(|error| Error::refused("the secrets cannot be read").because(error))
}
