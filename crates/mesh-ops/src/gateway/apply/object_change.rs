//! The change of one object and the request that makes it.

use mesh_client::{ApplyOptions, Cluster};
use mesh_model::Error;
use mesh_model::change::{Action, Change, DryRun, ObjectRef};
use serde_json::Value;

use crate::change::Write;

/// The change that one object of a gateway needs.
#[derive(Debug, Clone)]
pub struct ObjectChange {
    change: Change,
    manifest: Value,
    force_conflicts: bool,
}

impl ObjectChange {
    pub(super) fn new(
        context: &str,
        manifest: Value,
        action: Action,
        force_conflicts: bool,
    ) -> Self {
        Self {
            change: Change::new(context, object_ref(&manifest), action),
            manifest,
            force_conflicts,
        }
    }
}

impl Write for ObjectChange {
    fn change(&self) -> &Change {
        &self.change
    }

    async fn send(&self, cluster: &Cluster, dry_run: DryRun) -> Result<(), Error> {
        let options = ApplyOptions {
            dry_run,
            force_conflicts: self.force_conflicts,
        };
        let applied = cluster.apply_manifest(&self.manifest, options).await;
        applied.map(drop)
    }
}

fn object_ref(manifest: &Value) -> ObjectRef {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&manifest["kind"]).to_lowercase();
    let kind = match text(&manifest["apiVersion"]).split_once('/') {
        Some((group, _)) => format!("{kind}.{group}"),
        None => kind,
    };
    let object = ObjectRef::new(kind, text(&manifest["metadata"]["name"]));
    match manifest["metadata"]["namespace"].as_str() {
        Some(namespace) => object.within(namespace),
        None => object,
    }
}
