//! Reads every cluster that may hold a secret. Nothing is decided here.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Cluster, Connector, Trust, fan_out};
use mesh_common::model::Error;
use mesh_common::model::fleet::left_out;
use mesh_common::model::remote_cluster::normal_server;

use super::model::{ClusterState, ContextToRead, RotationState, Unread};
use mesh_common::ops::secret::identity::{Identity, known_uid};
use mesh_common::ops::snapshot::{self, KeptValues, Wanted, WantedSecrets};

/// Reads all of them at once, each in one wave; an unreachable one does not affect the others.
pub(super) async fn observe(
    contexts: Vec<ContextToRead>,
    namespace: &str,
    connector: &Connector,
) -> RotationState {
    let results = fan_out(contexts, |one| async move {
        let ContextToRead {
            context,
            is_writable,
            target,
        } = one;
        let read = async {
            let cluster = connector.connect(target?).await?;
            let wanted = Wanted {
                uid: true,
                ..remote_secrets_of(namespace)
            };
            let mut read = Box::pin(snapshot::read(&cluster, wanted)).await?;
            let uid = known_uid(&cluster, std::mem::take(&mut read.snapshot.uid))?;
            Ok(ClusterState {
                identity: Identity::new(&cluster, uid),
                secrets: read.take_whole_secrets().0,
                cluster,
                is_writable,
            })
        };
        read.await.map_err(|error| Unread {
            context,
            is_writable,
            error,
        })
    })
    .await;
    let mut state = RotationState::default();
    for result in results {
        match result {
            Ok(cluster) => state.add_cluster(cluster),
            Err(unread) => state.unread.push(unread),
        }
    }
    state
}

impl RotationState {
    /// Adds what was read of further contexts; each cluster is there once.
    pub(super) fn add(&mut self, more: Self) {
        self.unread.extend(more.unread);
        self.duplicates.extend(more.duplicates);
        self.not_compared.extend(more.not_compared);
        for cluster in more.clusters {
            self.add_cluster(cluster);
        }
    }

    fn add_cluster(&mut self, cluster: ClusterState) {
        if let Some(first) = self.clusters.iter().find(|known| known.is(&cluster)) {
            self.duplicates
                .push(left_out(cluster.context(), first.context()));
            return;
        }
        let line = cluster.identity.not_compared(cluster.context());
        self.not_compared
            .extend(line.filter(|line| !self.not_compared.contains(line)));
        self.clusters.push(cluster);
    }
}

impl ClusterState {
    /// Returns true where both contexts are for one cluster. A server may claim any UID: one that is reached in a way of its own
    /// is a cluster of its own.
    fn is(&self, other: &Self) -> bool {
        let [one, another] = [self, other].map(|state| state.cluster.target());
        let has_authorities = matches!(one.trust(), Trust::Authorities(_));
        let is_reached_alike = normal_server(one.server()) == normal_server(another.server())
            || (has_authorities && one.trust() == another.trust());
        self.identity.is(&other.identity) && is_reached_alike
    }
}

/// Reads the remote secrets of a cluster, whoever made them.
pub(super) async fn remote_secrets(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<Secret>, Error> {
    let read = Box::pin(snapshot::read(cluster, remote_secrets_of(namespace))).await;
    Ok(read?.take_whole_secrets().0)
}

fn remote_secrets_of(namespace: &str) -> Wanted<'_> {
    Wanted {
        secrets: Some(&WantedSecrets::InNamespace { names: &[] }),
        values: KeptValues::Whole,
        ..Wanted::nothing(namespace)
    }
}
