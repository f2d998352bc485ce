//! Waiting for one object by a watch, bounded by a deadline.

use std::fmt::Debug;
use std::time::Duration;

use kube::Resource;
use serde::de::DeserializeOwned;

use super::Cluster;
use crate::mesh::Error;

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// The condition held for this object.
    Met(T),
    /// Time ran out; this was last seen, if the object was there at all.
    RanOut(Option<T>),
}

/// Watches the object of that name until `holds` says yes, for at most `limit`.
///
/// `known` is what the caller has just read (or created), so that the watch starts from there without another read.
/// The object need not exist yet.
pub async fn wait_for<K>(
    cluster: &Cluster,
    namespace: Option<&str>,
    name: &str,
    known: Option<K>,
    limit: Duration,
    holds: impl Fn(&K) -> bool,
) -> Result<Seen<K>, Error>
where
    K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug,
{
    let _ = (cluster, namespace, name, known, limit, holds);
    Err(Error::refused("not built yet"))
}
