//! The waves of requests of one cluster, each of which needs the answers of the one before.

use k8s_openapi::api::core::v1::{Namespace, Service};
use mesh_client::{Cluster, Selection};
use mesh_model::names::{KUBE_SYSTEM, NETWORK_LABEL};
use mesh_model::read::Read;
use mesh_model::resources::Deployment;
use mesh_model::snapshot::ClusterSnapshot;
use mesh_model::{Error, istiod, server};

use super::slim_reads::SlimReads;
use super::values::ValuesOfSecrets;
use super::wanted::Wanted;

/// A cluster that was read.
pub struct ReadCluster {
    /// The parts that were read.
    pub snapshot: ClusterSnapshot,
    /// The values of its secrets, as far as they are wanted.
    pub values: ValuesOfSecrets,
}

/// Reads the wanted parts of a cluster. A part that cannot be read keeps its reason.
///
/// # Errors
/// A cluster that is not reached, of which nothing at all could be read, or whose secrets are wanted and cannot be read.
pub async fn read(cluster: &Cluster, wanted: Wanted<'_>) -> Result<ReadCluster, Error> {
    let target = cluster.target();
    let mut snapshot = ClusterSnapshot {
        is_local: server::dead(target.server()).is_some(),
        ..ClusterSnapshot::new(
            cluster.context(),
            target.address(),
            target.kubectl().clone(),
            wanted.istio_namespace,
        )
    };
    let values = if let Some(secrets) = wanted.secrets {
        // What tells which cluster it is is read in one wave with these.
        secrets.read(cluster, &mut snapshot, &wanted).await?
    } else {
        // Parts read what tells which cluster it is in one wave with their own.
        if wanted.parts.is_empty() {
            identity(cluster, &mut snapshot, &wanted).await?;
        }
        ValuesOfSecrets::default()
    };
    for part in wanted.parts {
        part.read(cluster, &mut snapshot).await?;
    }
    snapshot.clock_ahead = cluster.clock_ahead();
    Ok(ReadCluster { snapshot, values })
}

async fn identity(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    wanted: &Wanted<'_>,
) -> Result<(), Error> {
    let reads = SlimReads::new(cluster);
    let (uid, istiods) = futures::join!(
        only_if(wanted.uid, uid(&reads)),
        only_if(
            wanted.istiods,
            istiods(&reads, Some(wanted.istio_namespace))
        ),
    );
    reads.checked()?;
    (snapshot.uid, snapshot.istiods) = (uid, istiods);
    Ok(())
}

/// Reads the UID of the cluster.
pub(crate) async fn uid(reads: &SlimReads<'_>) -> Read<Option<String>> {
    let space = reads.get::<Namespace>(None, KUBE_SYSTEM).await;
    space.map(|space| space.and_then(|space| space.metadata.uid))
}

/// Reads the istiods of a namespace, or of all.
pub(crate) async fn istiods(
    reads: &SlimReads<'_>,
    namespace: Option<&str>,
) -> Read<Vec<Deployment>> {
    let selection = Selection::labelled(istiod::SELECTOR);
    reads.list(namespace, &selection).await
}

/// Reads the Services with the label of a network and those with this name, each once, in the order of their keys.
pub(super) async fn gateway_services(reads: &SlimReads<'_>, name: &str) -> Read<Vec<Service>> {
    let networks = Selection::labelled(NETWORK_LABEL);
    let by_name = Selection {
        labels: None,
        fields: Some(format!("metadata.name={name}")),
    };
    let (labelled, named) = futures::join!(
        reads.list::<Service>(None, &networks),
        reads.list::<Service>(None, &by_name),
    );
    labelled.and(named).map(|(mut all, named)| {
        all.extend(named);
        all.sort_by_key(ClusterSnapshot::key);
        all.dedup_by_key(|service| ClusterSnapshot::key(service));
        all
    })
}

/// Returns the istiods of the namespace, and those of the others.
pub(super) fn apart(
    istiods: Vec<Deployment>,
    namespace: &str,
) -> (Vec<Deployment>, Vec<Deployment>) {
    istiods
        .into_iter()
        .partition(|istiod| istiod.metadata.namespace.as_deref() == Some(namespace))
}

/// Reads a part that is wanted.
pub(crate) async fn only_if<T>(is_wanted: bool, reading: impl Future<Output = Read<T>>) -> Read<T> {
    if is_wanted {
        reading.await
    } else {
        Read::NotAsked
    }
}

/// Returns what was read before, if it was, and reads it otherwise.
pub(super) async fn unless_known<T>(
    known: Read<T>,
    reading: impl Future<Output = Read<T>>,
) -> Read<T> {
    match known {
        Read::NotAsked => reading.await,
        known => known,
    }
}
