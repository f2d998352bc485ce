//! Deletes what was planned. The only writer of the verb.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Cluster, DryRun};
use mesh_common::model::Error;

/// Deletes a Secret, if it is still the very one that was read and as it was read; says whether it was there.
pub(super) async fn delete(
    cluster: &Cluster,
    secret: &Secret,
    dry_run: DryRun,
) -> Result<bool, Error> {
    cluster.delete::<Secret>(&secret.metadata, dry_run).await
}
