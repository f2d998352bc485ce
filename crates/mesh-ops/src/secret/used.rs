//! Asks the istiods of a holder from which Secrets they have their clusters.

use std::time::Duration;

use mesh_client::istiod::{Istiod, IstiodPod, istiod_pods};
use mesh_client::{Cluster, fan_out};
use mesh_model::Error;
use mesh_model::istiod_pages::{KnownCluster, known_clusters};
use mesh_model::read::{Read, Unread};
use mesh_model::secret::{KnownClusters, has_duplicates};
use mesh_model::snapshot::ClusterSnapshot;

/// The limit for one istiod.
const ANSWER: Duration = Duration::from_secs(10);

/// Asks every istiod of a holder which clusters it knows, where two of its secrets are for one cluster: istiod takes one of them,
/// and nothing else says which one.
pub(crate) async fn known_clusters_of(
    cluster: &Cluster,
    holder: &ClusterSnapshot,
) -> KnownClusters {
    if !has_duplicates(holder) {
        return Read::NotAsked;
    }
    // A pod that cannot be asked costs this answer only, also where the API server is not reached any more.
    match ask(cluster, &holder.istio_namespace).await {
        Ok(lists) => Read::Seen(lists),
        Err(error) => Read::Failed(Unread::of(&error, true)),
    }
}

async fn ask(cluster: &Cluster, namespace: &str) -> Result<Vec<Vec<KnownCluster>>, Error> {
    let pods = istiod_pods(cluster, namespace).await?;
    if pods.is_empty() {
        return Err(Error::refused(format!(
            "no istiod runs in namespace {namespace}"
        )));
    }
    let lists = fan_out(
        pods,
        |pod| async move { list(cluster, namespace, &pod).await },
    );
    Error::gather(lists.await)
}

async fn list(
    cluster: &Cluster,
    namespace: &str,
    pod: &IstiodPod,
) -> Result<Vec<KnownCluster>, Error> {
    let mut istiod = Istiod::connect(cluster, namespace, &pod.name, ANSWER).await?;
    let page = istiod.page("/debug/clusterz").await?;
    known_clusters(&page).ok_or_else(|| {
        Error::refused(format!(
            "istiod pod {} does not say which clusters it knows",
            pod.name
        ))
    })
}
