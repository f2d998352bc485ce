//! Reading, creating and deleting single objects, with every failure explained.

use std::fmt::Debug;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::params::{DeleteParams, GetParams, PostParams, Preconditions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::paths::path;
use super::{ApiFault, Attempt, Cluster, DryRun, Verb, api_fault};
use mesh_model::Error;

/// The selection of objects in a list; the server evaluates it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// A label selector, such as `istio/multiCluster=true`.
    pub labels: Option<String>,
    /// A field selector, such as `type=kubernetes.io/service-account-token`.
    pub fields: Option<String>,
}

impl Selection {
    /// Returns the selection by this label selector.
    pub fn labelled(labels: &str) -> Self {
        Self {
            labels: Some(labels.to_owned()),
            fields: None,
        }
    }
}

impl Cluster {
    /// Returns the object of that name; `None` if it does not exist.
    ///
    /// `namespace` is `None` for kinds without one. If the cluster does not have the kind, that is an error.
    pub async fn get<K>(&self, namespace: Option<&str>, name: &str) -> Result<Option<K>, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        let attempt = self.attempt_on::<K>(Verb::Get, namespace, Some(name));
        let request = path::<K>(&attempt)?.get(name, &GetParams::default());
        match self.ask(built(request, &attempt)?, &attempt).await {
            Ok(object) => Ok(Some(object)),
            Err(error) => absent_is_none(error),
        }
    }

    /// Creates `object` and returns it as the server stores it; with [`DryRun::Client`] nothing is sent.
    ///
    /// # Errors
    /// If the object already exists, an error of kind `Conflict`, with [`ApiFault::AlreadyExists`] as its cause.
    pub async fn create<K>(&self, object: &K, dry_run: DryRun) -> Result<K, Error>
    where
        K: Resource<DynamicType = ()>
            + Serialize
            + DeserializeOwned
            + Clone
            + Debug
            + Send
            + 'static,
    {
        let params = PostParams {
            dry_run: match dry_run {
                DryRun::Client => return Ok(object.clone()),
                DryRun::Server => true,
                DryRun::None => false,
            },
            field_manager: Some(mesh_model::names::FIELD_MANAGER.to_owned()),
        };
        let meta = object.meta();
        let namespace = meta.namespace.as_deref();
        let attempt = self.attempt_on::<K>(Verb::Create, namespace, meta.name.as_deref());
        let bytes = serde_json::to_vec(object).map_err(|error| unbuilt(&attempt, error))?;
        let request = built(path::<K>(&attempt)?.create(&params, bytes), &attempt)?;
        self.ask(request, &attempt).await
    }

    /// Deletes the object with this `metadata`, and returns whether it existed. It is deleted only if it is still that
    /// very object and, if the version is known, as it was read; with [`DryRun::Client`] nothing is sent.
    ///
    /// # Errors
    /// For another object of that name, or one that changed since, an error of kind `Conflict`, with
    /// [`ApiFault::Changed`] as its cause.
    pub async fn delete<K>(&self, metadata: &ObjectMeta, dry_run: DryRun) -> Result<bool, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        let namespace = metadata.namespace.as_deref();
        let name = metadata.name.as_deref().unwrap_or_default();
        let params = DeleteParams {
            dry_run: match dry_run {
                DryRun::Client => return Ok(true),
                DryRun::Server => true,
                DryRun::None => false,
            },
            preconditions: Some(Preconditions {
                uid: metadata.uid.clone(),
                resource_version: metadata.resource_version.clone(),
            }),
            ..DeleteParams::default()
        };
        let attempt = self.attempt_on::<K>(Verb::Delete, namespace, Some(name));
        let request = built(path::<K>(&attempt)?.delete(name, &params), &attempt)?;
        match self.tell(request, &attempt).await {
            Ok(()) => Ok(true),
            Err(error) => absent_is_none::<()>(error).map(|_| false),
        }
    }

    /// Describes a request about objects of the kind `K`.
    pub(super) fn attempt_on<K>(
        &self,
        verb: Verb,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Attempt
    where
        K: Resource<DynamicType = ()>,
    {
        self.attempt_about(verb, &K::plural(&()), &K::group(&()), namespace, name)
    }

    /// Describes a request about objects of a kind that is only known by its names.
    pub(super) fn attempt_about(
        &self,
        verb: Verb,
        plural: &str,
        group: &str,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Attempt {
        let resource = if group.is_empty() {
            plural.to_owned()
        } else {
            format!("{plural}.{group}")
        };
        let mut attempt = self.attempt(verb, resource);
        if let Some(namespace) = namespace {
            attempt = attempt.in_namespace(namespace);
        }
        if let Some(name) = name {
            attempt = attempt.named(name);
        }
        attempt
    }
}

/// Returns the request, or an error if one of its parameters is not valid.
pub(super) fn built<T>(
    request: Result<T, kube::core::request::Error>,
    attempt: &Attempt,
) -> Result<T, Error> {
    request.map_err(|error| unbuilt(attempt, error))
}

pub(super) fn unbuilt(
    attempt: &Attempt,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::usage(format!("no request can be made to {attempt}")).because(error)
}

pub(super) fn absent_is_none<T>(error: Error) -> Result<Option<T>, Error> {
    match api_fault(&error) {
        Some(ApiFault::NotFound { .. } | ApiFault::NamespaceMissing { .. }) => Ok(None),
        Some(_) | None => Err(error),
    }
}
