//! Puts the clusters together as a mesh, and uses the credentials of their secrets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mesh_client::Connector;
use mesh_model::Error;
use mesh_model::secret::Contexts;
use mesh_model::snapshot::{Asked, MeshSnapshot};

use super::cluster::Depth;
use super::credentials::{Means, use_credentials};
use crate::secret::remote::RemoteClusters;
use crate::snapshot::{ReadCluster, ValuesOfSecrets};

/// The clusters of a mesh that were read, and the errors of those that were not.
#[derive(Debug)]
pub struct ReadMesh {
    /// The mesh.
    pub mesh: MeshSnapshot,
    /// The errors of the clusters that could not be read.
    pub lost: Vec<Error>,
}

/// Puts together what was read at this moment, and uses the credentials of the secrets. All clusters were read already, so
/// `remotes` has no contexts.
pub async fn observed(
    taken_at: Timestamp,
    read: Vec<(String, Result<ReadCluster, Error>)>,
    depth: Depth<'_>,
    asked: Asked,
    (contexts, connector, remotes): (&Contexts, &Connector, &RemoteClusters),
) -> ReadMesh {
    let mut values: BTreeMap<String, ValuesOfSecrets> = BTreeMap::new();
    let read = read.into_iter().map(|(context, read)| {
        let snapshot = read.map(|read| {
            values.insert(context.clone(), read.values);
            read.snapshot
        });
        (context, snapshot)
    });
    let (mesh, lost) = MeshSnapshot::as_far_as_read(taken_at, read.collect());
    let mut mesh = mesh.with_contexts(contexts);
    mesh.asked = asked;
    if depth.credential_checks {
        let means = Means {
            connector,
            remotes,
            answer: depth.credential_answer,
        };
        use_credentials(&mut mesh, values, means).await;
    }
    ReadMesh { mesh, lost }
}
