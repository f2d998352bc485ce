//! The pods of istiods.

use jiff::Timestamp;

use crate::{Cluster, Selection};
use mesh_model::exposure::Revision;
use mesh_model::names::REVISION_LABEL;
use mesh_model::resources::Pod;
use mesh_model::{Error, istiod};

/// A pod of an istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IstiodPod {
    /// Its name.
    pub name: String,
    /// Its UID, which no other pod of the same name has.
    pub uid: String,
    /// Its revision, if it has the label.
    pub revision: Option<Revision>,
    /// The number of restarts of its containers.
    pub restarts: i32,
    /// The start time of its containers, the earliest one.
    pub started_at: Option<Timestamp>,
}

/// Returns the istiod pods in `namespace`, of every revision; pods that are being deleted are left out.
///
/// # Errors
/// The pods cannot be listed.
pub async fn istiod_pods(cluster: &Cluster, namespace: &str) -> Result<Vec<IstiodPod>, Error> {
    let selection = Selection {
        labels: Some(istiod::SELECTOR.to_owned()),
        fields: Some("status.phase=Running".to_owned()),
    };
    let pods: Vec<Pod> = cluster.list(Some(namespace), &selection).await?;
    let staying = pods
        .into_iter()
        .filter(|pod| pod.metadata.deletion_timestamp.is_none());
    Ok(staying.map(of).collect())
}

fn of(pod: Pod) -> IstiodPod {
    let labels = pod.metadata.labels.as_ref();
    let is_labelled = labels.is_some_and(|labels| labels.contains_key(REVISION_LABEL));
    let revision = is_labelled.then(|| istiod::revision_of(&pod));
    let status = pod.status.unwrap_or_default();
    let containers = status.container_statuses.unwrap_or_default();
    let started = containers.iter().filter_map(|container| {
        let running = container.state.as_ref()?.running.as_ref()?;
        running.started_at.as_ref().map(|time| time.0)
    });
    IstiodPod {
        name: pod.metadata.name.unwrap_or_default(),
        uid: pod.metadata.uid.unwrap_or_default(),
        revision,
        restarts: containers.iter().map(|one| one.restart_count).sum(),
        started_at: started.min().or(status.start_time.map(|time| time.0)),
    }
}
