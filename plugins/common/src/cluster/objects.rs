//! Reading, creating and deleting single objects, with every failure explained.

use std::fmt::Debug;

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Cluster, DryRun};
use crate::mesh::Error;

/// Which objects of a kind a list is about; the server does the selecting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// A label selector, such as `istio/multiCluster=true`.
    pub labels: Option<String>,
    /// A field selector, such as `type=kubernetes.io/service-account-token`.
    pub fields: Option<String>,
}

impl Cluster {
    /// The object of that name, or nothing where it does not exist.
    ///
    /// `namespace` is `None` for kinds that have none. A kind that the cluster does not know is an error.
    pub async fn get<K>(&self, namespace: Option<&str>, name: &str) -> Result<Option<K>, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug,
    {
        let _ = (namespace, name);
        Err(Error::refused("not built yet"))
    }

    /// All objects of the kind that `selection` selects, in one namespace or (`None`) in all.
    pub async fn list<K>(
        &self,
        namespace: Option<&str>,
        selection: &Selection,
    ) -> Result<Vec<K>, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug,
    {
        let _ = (namespace, selection);
        Err(Error::refused("not built yet"))
    }

    /// Creates `object`; one that is there already is an error of kind `Conflict` ([`super::ApiFault::AlreadyExists`]).
    pub async fn create<K>(&self, object: &K, dry_run: DryRun) -> Result<K, Error>
    where
        K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
    {
        let _ = (object, dry_run);
        Err(Error::refused("not built yet"))
    }

    /// Deletes the object; says whether there was one. With `uid` it is deleted only if it is still that very object.
    pub async fn delete<K>(
        &self,
        namespace: Option<&str>,
        name: &str,
        uid: Option<&str>,
        dry_run: DryRun,
    ) -> Result<bool, Error>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug,
    {
        let _ = (namespace, name, uid, dry_run);
        Err(Error::refused("not built yet"))
    }
}
