//! Narrows a cluster to one revision of istiod, which a tag may stand for.

use std::collections::BTreeMap;

use futures::future::LocalBoxFuture;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::exposure::Revision;
use mesh_model::names::{REVISION_LABEL, TAG_LABEL};
use mesh_model::read::Read;
use mesh_model::snapshot::ClusterSnapshot;

use super::wanted::{Part, WantedRevision};

impl Part for WantedRevision<'_> {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>> {
        Box::pin(narrow(cluster, snapshot, self.0))
    }
}

/// Narrows the snapshot to the revision, or to the one that a tag of this name stands for. A cluster that has neither stays as it is.
async fn narrow(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    asked: &Revision,
) -> Result<(), Error> {
    if !snapshot.has_istiod() {
        return Ok(());
    }
    let there = snapshot.revisions();
    if there.contains(asked) {
        snapshot.narrow_to(asked);
        return Ok(());
    }
    let reads = cluster.reads();
    let tagged = Selection::labelled(TAG_LABEL);
    let tag = |meta: ObjectMeta| {
        let mut labels = meta.labels?;
        let revision = labels.remove(REVISION_LABEL);
        let revision = Revision::of_label(revision.as_deref());
        Some((labels.remove(TAG_LABEL)?, revision))
    };
    let webhooks = cluster.list_metadata::<MutatingWebhookConfiguration, _>(None, &tagged, tag);
    let tags = reads.take(webhooks.await);
    reads.reached()?;
    let tags: Read<BTreeMap<String, Revision>> =
        tags.map(|tags| tags.into_iter().flatten().collect());
    let meant = tags.seen().and_then(|tags| tags.get(asked.word()));
    if let Some(meant) = meant.filter(|meant| there.contains(meant)) {
        snapshot.narrow_to(meant);
    }
    snapshot.tags = tags;
    Ok(())
}
