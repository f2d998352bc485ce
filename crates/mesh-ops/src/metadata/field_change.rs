//! The change of one object and the request that makes it.

use mesh_client::{ApplyOptions, Cluster};
use mesh_model::Error;
use mesh_model::change::{Change, DryRun};
use serde_json::Value;

use super::Object;
use crate::change::Write;

/// The change that one object needs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange<K> {
    pub(super) change: Change,
    pub(super) body: Body<K>,
}

/// The body of the request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body<K> {
    /// There is no request.
    Nothing,
    /// A server-side apply.
    Apply { object: Box<K>, force: bool },
    /// A merge patch.
    MergePatch(Value),
}

impl<K: Object> Write for FieldChange<K> {
    fn change(&self) -> Change {
        self.change.clone()
    }

    async fn rehearse(&mut self, cluster: &Cluster) -> Result<(), Error> {
        self.request(cluster, DryRun::Server).await
    }

    async fn send(&mut self, cluster: &Cluster) -> Result<(), Error> {
        self.request(cluster, DryRun::None).await
    }
}

impl<K: Object> FieldChange<K> {
    async fn request(&self, cluster: &Cluster, dry_run: DryRun) -> Result<(), Error> {
        match &self.body {
            Body::Nothing => Ok(()),
            Body::Apply { object, force } => {
                let options = ApplyOptions {
                    dry_run,
                    force_conflicts: *force,
                };
                cluster.apply(object.as_ref(), options).await.map(drop)
            }
            Body::MergePatch(patch) => {
                let object = &self.change.object;
                let namespace = object.namespace.as_deref();
                cluster
                    .merge_patch::<K>(namespace, &object.name, patch, dry_run)
                    .await
            }
        }
    }
}
