//! The parts of a cluster that a job needs. Everything else stays unread.

use std::fmt::Debug;

use futures::future::LocalBoxFuture;
use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::exposure::Revision;
use mesh_model::snapshot::ClusterSnapshot;

use super::values::ValuesOfSecrets;

/// Parts with a reader of their own. A program contains the readers that it names, and no others: one that reads no gateways
/// has nothing in it that parses them.
pub trait Part: Debug {
    /// Adds the parts to `snapshot`; what it has of them already is not read again.
    ///
    /// # Errors
    /// A cluster that is not reached, or of which nothing at all could be read.
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>>;
}

/// Secrets with a reader of their own, which programs without secrets do not contain either.
pub trait Secrets: Debug {
    /// Adds the secrets to `snapshot`, with what tells which cluster it is as far as that is wanted, and returns the values to keep.
    ///
    /// # Errors
    /// A cluster that is not reached, or whose secrets cannot be read at all and are needed.
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
        wanted: &'r Wanted<'r>,
    ) -> LocalBoxFuture<'r, Result<ValuesOfSecrets, Error>>;
}

/// The parts to read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Istio's namespace.
    pub istio_namespace: &'a str,
    /// True where the UID of the cluster is read.
    pub uid: bool,
    /// True where the istiods of Istio's namespace are read. With secrets they are asked which clusters they know, where two secrets
    /// are for one.
    pub istiods: bool,
    /// The secrets to read; `None` for none.
    pub secrets: Option<&'a dyn Secrets>,
    /// The values of secrets that are kept beside the snapshot.
    pub values: KeptValues,
    /// The other parts, in the order in which they are read.
    pub parts: &'a [&'a dyn Part],
}

/// The parts that say which network the cluster is in, and how it is called.
#[derive(Debug, Clone, Copy)]
pub struct WantedLabels;

/// The facts of the Secret cacerts.
#[derive(Debug, Clone, Copy)]
pub struct WantedCaCerts;

/// The pages of every running istiod about remote clusters and gateways.
#[derive(Debug, Clone, Copy)]
pub struct WantedIstiodPages;

/// The istiods of one revision alone, in a cluster that has it, or a tag of its name. They have to be read before.
#[derive(Debug, Clone, Copy)]
pub struct WantedRevision<'a>(pub &'a Revision);

/// The values of secrets that are kept beside a snapshot, to be used or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptValues {
    /// None.
    None,
    /// The values under the data keys.
    Data,
    /// Everything that the facts lack, so that the Secret can be had as it was read.
    Whole,
}

/// The gateways to read, with what exposes services and istiod through them, and some pods to test them with.
#[derive(Debug, Clone, Copy)]
pub struct WantedGateways<'a> {
    /// The only gateway that is wanted, labelled or not; `None` for all.
    pub name: Option<&'a str>,
}

/// The parts on which exposing services or istiod depends: the Services of gateways, the istiods, and the injectors.
#[derive(Debug, Clone, Copy)]
pub struct WantedExposure {
    /// True where it is not known which namespace is Istio's, and those of all namespaces are read.
    pub everywhere: bool,
    /// True where the UID of the cluster and Istio's namespace itself are read too.
    pub identity: bool,
}

/// The secrets to read. A cluster whose secrets cannot be read at all is one that cannot be read, unless they are wanted only as far as
/// they can be.
#[derive(Debug, Clone, Copy)]
pub enum WantedSecrets<'a> {
    /// The remote secrets in Istio's namespace, and there also those that are called so, or that are for a cluster called so,
    /// without the label.
    InNamespace {
        /// The names.
        names: &'a [String],
    },
    /// The secrets in Istio's namespace that have the label of remote secrets, whatever its value, or those of all namespaces.
    Labelled {
        /// True where those of all namespaces are wanted. Where only Istio's may be read, they are those of that one.
        everywhere: bool,
    },
    /// The secrets of all namespaces that have the label of remote secrets, whatever its value, and those in Istio's namespace
    /// with the name of one; with the istiods of all namespaces.
    Everywhere,
    /// The same, as far as they can be read: those that cannot keep their reason, as every other part does.
    EverywhereAsFarAsRead,
}

impl<'a> Wanted<'a> {
    /// Returns what tells which cluster it is, and nothing more: its UID, and the istiods of Istio's namespace.
    pub fn identity(istio_namespace: &'a str) -> Self {
        Self {
            uid: true,
            istiods: true,
            ..Self::nothing(istio_namespace)
        }
    }

    /// Returns no part at all.
    pub fn nothing(istio_namespace: &'a str) -> Self {
        Self {
            istio_namespace,
            uid: false,
            istiods: false,
            secrets: None,
            values: KeptValues::None,
            parts: &[],
        }
    }
}
