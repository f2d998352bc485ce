//! Server-side apply, with the one field manager of the suite.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use std::fmt::Debug;

use kube::Resource;
use kube::core::params::{Patch, PatchParams};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::objects::built;
use super::paths::path;
use super::{Cluster, Verb};
use mesh_model::Error;
use mesh_model::change::DryRun;
use mesh_model::names::FIELD_MANAGER;

/// Options of a server-side apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// The dry-run mode.
    pub dry_run: DryRun,
    /// True if fields of other managers are taken over.
    pub force_conflicts: bool,
}

impl Cluster {
    /// Applies `object` server-side and returns it as the server stores it.
    ///
    /// With [`DryRun::Client`] nothing is sent and the object is returned unchanged.
    ///
    /// # Errors
    /// If another manager owns a field, an error of kind `Conflict`, with [`super::ApiFault::FieldConflict`] as its
    /// cause, which lists the owners.
    pub async fn apply<K>(&self, object: &K, options: ApplyOptions) -> Result<K, Error>
    where
        K: Resource<DynamicType = ()>
            + Serialize
            + DeserializeOwned
            + Clone
            + Debug
            + Send
            + 'static,
    {
        let params = PatchParams {
            dry_run: match options.dry_run {
                DryRun::Client => return Ok(object.clone()),
                DryRun::Server => true,
                DryRun::None => false,
            },
            force: options.force_conflicts,
            ..PatchParams::apply(FIELD_MANAGER)
        };
        // The server refuses an applied object with `managedFields`.
        let mut object = object.clone();
        object.meta_mut().managed_fields = None;
        let meta = object.meta();
        let (namespace, name) = (
            meta.namespace.as_deref(),
            meta.name.as_deref().unwrap_or_default(),
        );
        let attempt = self.attempt_on::<K>(Verb::Patch, namespace, Some(name));
        let request = path::<K>(&attempt)?.patch(name, &params, &Patch::Apply(&object));
        let request = built(request, &attempt)?;
        self.ask(request, &attempt).await
    }

    /// Changes the fields in `patch` with a JSON merge patch; with [`DryRun::Client`] nothing is sent.
    ///
    /// For changes that cannot be applied, such as removing a label that another manager set. With the object's
    /// `resourceVersion` in it, the patch only changes the version that was read.
    ///
    /// # Errors
    /// If the object changed since, an error of kind `Conflict`, with [`super::ApiFault::Changed`] as its cause.
    pub async fn merge_patch<K>(
        &self,
        namespace: Option<&str>,
        name: &str,
        patch: &serde_json::Value,
        dry_run: DryRun,
    ) -> Result<(), Error>
    where
        K: Resource<DynamicType = ()>,
    {
        let params = PatchParams {
            dry_run: match dry_run {
                DryRun::Client => return Ok(()),
                DryRun::Server => true,
                DryRun::None => false,
            },
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let attempt = self.attempt_on::<K>(Verb::Patch, namespace, Some(name));
        let request = path::<K>(&attempt)?.patch(name, &params, &Patch::Merge(patch));
        let request = built(request, &attempt)?;
        self.tell(request, &attempt).await
    }
}
