//! Reads the objects whose field is to be set. Nothing is decided here.

use mesh_client::{Cluster, Connector, fan_out};
use mesh_model::Error;
use mesh_model::read::Read;

use super::{ClusterTask, Object, ObjectName};
use crate::snapshot::{self, SlimReads};

/// A cluster with the objects as they are.
pub(super) struct TargetState<K> {
    pub cluster: Cluster,
    /// UID of kube-system, where there are other clusters to compare it with.
    pub uid: Read<Option<String>>,
    pub objects: Vec<(ObjectName, Option<K>)>,
    /// The value that the field shall have.
    pub value: Option<String>,
}

/// Connects to all clusters and reads them, each in one wave.
pub(super) async fn observe<K: Object>(
    connector: &Connector,
    tasks: Vec<ClusterTask>,
) -> Vec<Result<TargetState<K>, Error>> {
    let several = tasks.len() > 1;
    fan_out(tasks, |task| async move {
        let cluster = connector.connect(task.target).await?;
        let objects = futures::future::join_all(task.objects.into_iter().map(|name| async {
            let found = cluster
                .get::<K>(name.namespace.as_deref(), &name.name)
                .await;
            (name, found)
        }));
        // A user who may only read one namespace can still label there.
        let reads = SlimReads::new(&cluster);
        let (uid, objects) =
            futures::join!(snapshot::only_if(several, snapshot::uid(&reads)), objects);
        let objects = objects.into_iter().map(|(name, found)| Ok((name, found?)));
        reads.reached()?;
        Ok(TargetState {
            uid,
            objects: objects.collect::<Result<_, Error>>()?,
            value: task.value,
            cluster,
        })
    })
    .await
}
