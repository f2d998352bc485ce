//! Reads one cluster of the mesh, and asks its gateways.

use std::time::Duration;

use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::exposure::Revision;

use crate::gateway::{ask, located};
use crate::snapshot::{
    self, KeptValues, Part, ReadCluster, Wanted, WantedCaCerts, WantedGateways, WantedIstiodPages,
    WantedLabels, WantedRevision, WantedSecrets,
};

/// The parts of a mesh to read and test.
#[derive(Debug, Clone, Copy)]
pub struct Depth<'a> {
    /// Istio's namespace.
    pub namespace: &'a str,
    /// The revision of istiod, or tag, that each cluster is narrowed to that has it.
    pub revision: Option<&'a Revision>,
    /// True if the ports of the gateways are asked.
    pub gateway_probes: bool,
    /// True if the istiods are asked for their pages.
    pub istiod_pages: bool,
    /// True if the credentials of remote secrets are used.
    pub credential_checks: bool,
    /// The limit for one answer of a gateway, and for resolving a name.
    pub answer: Duration,
    /// The limit for everything that is read of one cluster; what is not read by then is late.
    pub cluster: Option<Duration>,
    /// The most objects of a list that are read.
    pub objects: usize,
    /// The limit for one answer to a credential.
    pub credential_answer: Duration,
}

/// The step of reading a cluster that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its objects are read.
    Objects,
    /// Its istiods are asked for their pages.
    Istiods,
    /// Its gateways are asked.
    Gateways,
}

/// Reads a cluster and asks its gateways. `at` is called with each step that begins.
///
/// # Errors
/// A cluster that is not reached, or of which nothing could be read.
pub async fn read_member(
    cluster: &Cluster,
    depth: Depth<'_>,
    at: &dyn Fn(Stage),
) -> Result<ReadCluster, Error> {
    at(Stage::Objects);
    let cluster = &cluster.bounded(depth.cluster, depth.objects);
    let revision = depth.revision.map(WantedRevision);
    let mut parts: Vec<&dyn Part> = Vec::new();
    parts.extend(revision.iter().map(|revision| revision as &dyn Part));
    let usual: [&dyn Part; 3] = [
        &WantedGateways { name: None },
        &WantedLabels,
        &WantedCaCerts,
    ];
    parts.extend(usual);
    let wanted = Wanted {
        secrets: Some(&WantedSecrets::EverywhereAsFarAsRead),
        values: if depth.credential_checks {
            KeptValues::Data
        } else {
            KeptValues::None
        },
        parts: &parts,
        // They are read with the secrets, and asked for all their pages or for none.
        ..Wanted::nothing(depth.namespace)
    };
    let mut read = Box::pin(snapshot::read(cluster, wanted)).await?;
    read.snapshot.leave_out_other_revisions();
    if depth.istiod_pages {
        at(Stage::Istiods);
        let asking = WantedIstiodPages.read(cluster, &mut read.snapshot);
        asking.await?;
    }
    at(Stage::Gateways);
    let found = located(read.snapshot, None, depth.answer).await;
    let limit = depth.gateway_probes.then_some(depth.answer);
    let mut snapshot = Box::pin(ask(cluster, found, limit)).await?;
    snapshot.cut_lists = cluster.cut_lists();
    Ok(ReadCluster {
        snapshot,
        values: read.values,
    })
}
