//! Server-side apply, under the one field manager of the suite.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use std::fmt::Debug;

use kube::Resource;
use kube::core::params::{Patch, PatchParams};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::objects::{built, path};
use super::{Cluster, Verb};
use crate::mesh::Error;
use crate::mesh::names::FIELD_MANAGER;

/// How far a write goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DryRun {
    /// It is written.
    #[default]
    None,
    /// Nothing is sent; the caller prints the plan.
    Client,
    /// The server checks it and answers what it would become.
    Server,
}

/// How an apply treats other owners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// How far the write goes.
    pub dry_run: DryRun,
    /// Whether fields of other managers are taken over.
    pub force_conflicts: bool,
}

impl Cluster {
    /// Applies `object` server-side and gives it back as the server holds it afterwards.
    ///
    /// With [`DryRun::Client`] nothing is sent and the object comes back as it was given.
    ///
    /// # Errors
    /// Fields of another manager are an error of kind `Conflict`, with [`super::ApiFault::FieldConflict`] as its
    /// cause, which lists their owners.
    pub async fn apply<K>(&self, object: &K, options: ApplyOptions) -> Result<K, Error>
    where
        K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
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
        // The server refuses an applied object that says who manages what.
        let mut object = object.clone();
        object.meta_mut().managed_fields = None;
        let meta = object.meta();
        let (namespace, name) = (
            meta.namespace.as_deref(),
            meta.name.as_deref().unwrap_or_default(),
        );
        let attempt = self.attempt_on::<K>(Verb::Patch, namespace, Some(name));
        let request = path::<K>(namespace).patch(name, &params, &Patch::Apply(&object));
        let request = built(request, &attempt)?;
        self.client()
            .request(request)
            .await
            .map_err(|error| attempt.explain(error))
    }
}
