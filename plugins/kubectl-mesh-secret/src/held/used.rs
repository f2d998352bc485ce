//! Asks the istiods of a holder from which Secrets they have their clusters. Only where two Secrets of it have one data key:
//! istiod takes one of them, and which one is not written down anywhere else.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::istiod::{Istiod, IstiodPod, istiod_pods};
use mesh_common::client::{Cluster, fan_out};
use mesh_common::model::Error;
use mesh_common::model::istiod_pages::{KnownCluster, known_clusters, secret_of};
use mesh_common::model::remote_secret::has_label;

/// How long one istiod may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// What the istiods of a holder say.
#[derive(Debug, Default)]
pub(crate) enum Used {
    /// Nothing depends on it.
    #[default]
    NotAsked,
    /// They could not all be asked, for this reason.
    Unread(String),
    /// The list of each.
    Told(Vec<Vec<KnownCluster>>),
}

impl Used {
    /// Asks every istiod in `namespace`, where two of these Secrets are for one cluster.
    pub(crate) async fn read(cluster: &Cluster, namespace: &str, secrets: &[Secret]) -> Self {
        if !has_twins(secrets) {
            return Self::NotAsked;
        }
        match ask(cluster, namespace).await {
            Ok(lists) => Self::Told(lists),
            Err(error) => Self::Unread(error.in_one_line()),
        }
    }

    /// The name of the Secret in `namespace` that all istiods have the cluster from.
    pub(super) fn secret(&self, namespace: &str, key: &str) -> Option<&str> {
        match self {
            Self::Told(lists) => secret_of(lists, key)?
                .strip_prefix(namespace)?
                .strip_prefix('/'),
            Self::NotAsked | Self::Unread(_) => None,
        }
    }

    /// Why it is not known.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Unread(reason) => Some(reason),
            Self::NotAsked | Self::Told(_) => None,
        }
    }
}

fn has_twins(secrets: &[Secret]) -> bool {
    let looked_at = secrets.iter().filter(|secret| has_label(secret));
    let mut keys = looked_at.flat_map(|secret| secret.data.iter().flat_map(|data| data.keys()));
    let mut known = BTreeSet::new();
    keys.any(|key| !known.insert(key))
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
