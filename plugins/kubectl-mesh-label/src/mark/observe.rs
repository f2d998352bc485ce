//! Reads the objects that are to bear a mark. Nothing is decided here.

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Cluster, Connector, Target, fan_out};
use mesh_common::model::Error;
use mesh_common::model::names::KUBE_SYSTEM;
use mesh_common::model::read::Read;

use super::order::{Kind, Named};

/// What is wanted in one cluster.
pub(crate) struct Job {
    pub target: Target,
    pub objects: Vec<Named>,
    /// The value; `None` takes the mark away.
    pub value: Option<String>,
}

/// A cluster with the objects as they are.
pub(super) struct Seen<K> {
    pub cluster: Cluster,
    /// UID of kube-system, where there are others to compare it with.
    pub uid: Read<Option<String>>,
    pub objects: Vec<(Named, Option<K>)>,
    pub value: Option<String>,
}

/// Connects to all clusters and reads them, each in one wave.
pub(super) async fn observe<K: Kind>(
    connector: &Connector,
    jobs: Vec<Job>,
) -> Vec<Result<Seen<K>, Error>> {
    let several = jobs.len() > 1;
    fan_out(jobs, |job| async move {
        let cluster = connector.connect(job.target).await?;
        let objects = futures::future::join_all(job.objects.into_iter().map(|named| async {
            let found = cluster
                .get::<K>(named.namespace.as_deref(), &named.name)
                .await;
            (named, found)
        }));
        // Who may only touch one namespace is not kept from it.
        let reads = cluster.reads();
        let (uid, objects) = futures::join!(
            async {
                if several {
                    let space = reads.get::<Namespace>(None, KUBE_SYSTEM).await;
                    space.map(|found| found.and_then(|found| found.metadata.uid))
                } else {
                    Read::NotAsked
                }
            },
            objects
        );
        let objects = objects
            .into_iter()
            .map(|(named, found)| Ok((named, found?)));
        reads.reached()?;
        Ok(Seen {
            uid,
            objects: objects.collect::<Result<_, Error>>()?,
            value: job.value,
            cluster,
        })
    })
    .await
}
