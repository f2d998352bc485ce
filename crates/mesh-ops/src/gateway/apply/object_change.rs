//! The change of one object and the request that makes it.

use mesh_client::{ApplyOptions, Cluster};
use mesh_model::Error;
use mesh_model::change::{Action, Change, DryRun, ObjectRef, marked, marked_as};
use serde_json::Value;

use crate::change::Write;

/// The change that one object of a gateway needs.
#[derive(Debug, Clone)]
pub struct ObjectChange {
    change: Change,
    object: Value,
    /// The object as it is stored.
    live: Option<Value>,
    applied_by: String,
    force_conflicts: bool,
}

impl ObjectChange {
    /// Plans the change by the contents of both; the rehearsal shows which fields are released, too.
    pub(super) fn new(
        context: &str,
        object: Value,
        live: Option<Value>,
        applied_by: &str,
        force_conflicts: bool,
    ) -> Self {
        let wanted = marked_as(&object, live.as_ref(), applied_by);
        let action = Action::by_contents(live.as_ref(), &wanted);
        Self {
            change: Change::new(context, object_ref(&object), action),
            object,
            live,
            applied_by: applied_by.to_owned(),
            force_conflicts,
        }
    }

    async fn apply(
        &self,
        cluster: &Cluster,
        manifest: &Value,
        dry_run: DryRun,
    ) -> Result<Value, Error> {
        let options = ApplyOptions {
            dry_run,
            force_conflicts: self.force_conflicts,
        };
        cluster.apply_manifest(manifest, options).await
    }
}

impl Write for ObjectChange {
    fn change(&self) -> Change {
        self.change.clone()
    }

    async fn rehearse(&mut self, cluster: &Cluster) -> Result<(), Error> {
        let live = self.live.as_ref();
        let wanted = marked_as(&self.object, live, &self.applied_by);
        let rehearsed = self.apply(cluster, &wanted, DryRun::Server).await?;
        self.change.action = Action::of(live, &rehearsed);
        Ok(())
    }

    async fn send(&mut self, cluster: &Cluster) -> Result<(), Error> {
        let wanted = marked(&self.object, &self.applied_by);
        self.apply(cluster, &wanted, DryRun::None).await.map(drop)
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
