//! The reads of one cluster whose objects are reduced as they come.

use std::fmt::Debug;

use kube::Resource;
use mesh_client::{Cluster, Reads, Selection};
use mesh_model::Error;
use mesh_model::read::Read;
use mesh_model::snapshot::Slim;
use serde::de::DeserializeOwned;

/// Reads of one cluster that belong together. Each page of a list is reduced before the next one is read.
pub(crate) struct SlimReads<'c>(Reads<'c>);

impl<'c> SlimReads<'c> {
    /// Starts reads that belong together.
    pub(crate) fn new(cluster: &'c Cluster) -> Self {
        Self(cluster.reads())
    }

    /// Reads as [`Cluster::get`] does.
    pub(crate) async fn get<K>(&self, namespace: Option<&str>, name: &str) -> Read<Option<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Slim + 'static,
    {
        let read = self.0.get::<K>(namespace, name).await;
        read.map(|object| object.map(Slim::slim))
    }

    /// Reads as [`Cluster::list`] does.
    pub(crate) async fn list<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
    ) -> Read<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Slim + 'static,
    {
        self.0.list_with(namespace, selection, K::slim).await
    }

    /// Reads as [`Cluster::list_some`] does.
    pub(crate) async fn list_some<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
        limit: u32,
    ) -> Read<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Slim + 'static,
    {
        let read = self.0.list_some::<K>(namespace, selection, limit).await;
        read.map(|objects| objects.into_iter().map(Slim::slim).collect())
    }

    /// Returns the reads themselves, for what is reduced otherwise: Secrets, and `ConfigMap`s of which one value is taken.
    pub(crate) fn whole(&self) -> &Reads<'c> {
        &self.0
    }

    /// Ends reads that may all have failed.
    ///
    /// # Errors
    /// A cluster that is unreachable or does not accept the credential.
    pub(crate) fn reached(&self) -> Result<(), Error> {
        self.0.reached()
    }

    /// Ends the reads so far.
    ///
    /// # Errors
    /// A cluster that is unreachable or does not accept the credential; and one in which every read failed.
    pub(crate) fn checked(&self) -> Result<(), Error> {
        self.0.checked()
    }
}
