//! Server-side apply, under the one field manager of the suite.

use std::fmt::Debug;

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Cluster;
use crate::mesh::Error;

/// The field manager of every write of the suite.
pub const FIELD_MANAGER: &str = "kubectl-mesh";

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
    /// With [`DryRun::Client`] nothing is sent and the object comes back as it was given. A conflict is an error of
    /// kind `Conflict` whose owners [`super::api_fault`] lists.
    ///
    /// <https://kubernetes.io/docs/reference/using-api/server-side-apply/>
    pub async fn apply<K>(&self, object: &K, options: ApplyOptions) -> Result<K, Error>
    where
        K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug,
    {
        let _ = (object, options);
        Err(Error::refused("not built yet"))
    }
}
