//! Objects of any kind, as JSON: reading and applying one, with every failure explained.
//!
//! Typed objects go through `objects` and `apply`. This is for the manifests that the suite renders, of kinds of
//! Kubernetes, Istio and the Gateway API.

use kube::core::params::{GetParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind, Request};
use serde_json::Value;

use super::objects::{absent_is_none, built};
use super::paths::path_of;
use super::{ApplyOptions, Attempt, Cluster, DryRun, Verb};
use mesh_model::Error;
use mesh_model::names::FIELD_MANAGER;

impl Cluster {
    /// Returns the object of the same kind, namespace and name as `manifest`; `None` if it does not exist.
    ///
    /// # Errors
    /// If the cluster does not have the kind, the cause is [`super::ApiFault::KindUnknown`].
    pub async fn get_manifest(&self, manifest: &Value) -> Result<Option<Value>, Error> {
        let (request, name, attempt) = self.about(Verb::Get, manifest)?;
        let request = built(request.get(name, &GetParams::default()), &attempt)?;
        match self.ask(request, &attempt).await {
            Ok(object) => Ok(Some(object)),
            Err(error) => absent_is_none(error),
        }
    }

    /// Applies `manifest` server-side and returns it as the server stores it, or would store it.
    ///
    /// With [`DryRun::Client`] nothing is sent and the manifest is returned unchanged.
    ///
    /// # Errors
    /// Those of [`Cluster::apply`].
    pub async fn apply_manifest(
        &self,
        manifest: &Value,
        options: ApplyOptions,
    ) -> Result<Value, Error> {
        let params = PatchParams {
            dry_run: match options.dry_run {
                DryRun::Client => return Ok(manifest.clone()),
                DryRun::Server => true,
                DryRun::None => false,
            },
            force: options.force_conflicts,
            ..PatchParams::apply(FIELD_MANAGER)
        };
        let (request, name, attempt) = self.about(Verb::Patch, manifest)?;
        let request = built(
            request.patch(name, &params, &Patch::Apply(manifest)),
            &attempt,
        )?;
        self.ask(request, &attempt).await
    }

    /// Returns the path of the object, its name, and the description of the request.
    fn about<'a>(
        &self,
        verb: Verb,
        manifest: &'a Value,
    ) -> Result<(Request, &'a str, Attempt), Error> {
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let (group, version) = text(&manifest["apiVersion"])
            .split_once('/')
            .unwrap_or(("", text(&manifest["apiVersion"])));
        let kind = GroupVersionKind::gvk(group, version, text(&manifest["kind"]));
        let resource = ApiResource::from_gvk(&kind);
        let namespace = manifest["metadata"]["namespace"].as_str();
        let name = text(&manifest["metadata"]["name"]);
        let attempt = self.attempt_about(verb, &resource.plural, group, namespace, Some(name));
        Ok((path_of(&resource, &attempt)?, name, attempt))
    }
}
