//! Reads that may fail with a missing permission, a missing kind or a server error: a failed read does not affect the
//! others.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;

use kube::Resource;
use serde::de::DeserializeOwned;

use super::fault::lost_read;
use super::{Cluster, Selection};
use mesh_model::error::Error;
use mesh_model::read::{Read, Unread};

/// The reads of one cluster that belong together, and whether the cluster is usable at all.
pub struct Reads<'c> {
    cluster: &'c Cluster,
    is_any_seen: Cell<bool>,
    /// The first error that concerns the whole cluster.
    lost: RefCell<Option<Error>>,
    /// The first error that concerns one read.
    unread: RefCell<Option<Error>>,
}

impl Cluster {
    /// Starts reads that belong together; [`Reads::checked`] ends them.
    pub fn reads(&self) -> Reads<'_> {
        Reads {
            cluster: self,
            is_any_seen: Cell::new(false),
            lost: RefCell::new(None),
            unread: RefCell::new(None),
        }
    }
}

impl Reads<'_> {
    /// Reads as [`Cluster::get`] does.
    pub async fn get<K>(&self, namespace: Option<&str>, name: &str) -> Read<Option<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        self.take(self.cluster.get(namespace, name).await)
    }

    /// Reads as [`Cluster::list`] does.
    pub async fn list<K>(&self, namespace: Option<&str>, selection: &Selection) -> Read<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        self.take(self.cluster.list(namespace, selection).await)
    }

    /// Reads as [`Cluster::list_with`] does.
    pub async fn list_with<K, R>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
        keep: impl Fn(K) -> R,
    ) -> Read<Vec<R>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        self.take(self.cluster.list_with(namespace, selection, keep).await)
    }

    /// Reads as [`Cluster::list_some`] does.
    pub async fn list_some<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
        limit: u32,
    ) -> Read<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + 'static,
    {
        self.take(self.cluster.list_some(namespace, selection, limit).await)
    }

    /// Reads as [`Cluster::list_names`] does.
    pub async fn list_names<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
    ) -> Read<Vec<String>>
    where
        K: Resource<DynamicType = ()>,
    {
        let read = self.cluster.list_names::<K>(namespace, selection).await;
        self.take(read)
    }

    /// Returns the result of a read, and records a failure with its scope.
    pub fn take<T>(&self, result: Result<T, Error>) -> Read<T> {
        let error = match result {
            Ok(value) => {
                self.is_any_seen.set(true);
                return Read::Seen(value);
            }
            Err(error) => error,
        };
        let (read, first) = match lost_read(&error) {
            // That the cluster's time is up says nothing of the cluster.
            Some(read @ Read::Late(_)) if self.cluster.is_over() => return read,
            Some(read) => (read, &self.unread),
            None => (Read::Failed(Unread::of(&error, true)), &self.lost),
        };
        first.borrow_mut().get_or_insert(error);
        read
    }

    /// Ends reads that may all have failed.
    ///
    /// # Errors
    /// A cluster that is unreachable or does not accept the credential.
    pub fn reached(&self) -> Result<(), Error> {
        self.lost.take().map_or(Ok(()), Err)
    }

    /// Ends the reads so far.
    ///
    /// # Errors
    /// A cluster that is unreachable or does not accept the credential; and one in which every read failed.
    pub fn checked(&self) -> Result<(), Error> {
        self.reached()?;
        match self.unread.take() {
            Some(unread) if !self.is_any_seen.get() => Err(unread),
            Some(_) | None => Ok(()),
        }
    }
}
