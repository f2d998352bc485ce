//! Reads the Secret cacerts, of which facts alone are kept.

use futures::future::LocalBoxFuture;
use k8s_openapi::api::core::v1::Secret;
use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::ca_certs::{CA_CERTS, CaCerts};
use mesh_model::snapshot::ClusterSnapshot;

use super::wanted::{Part, WantedCaCerts};

impl Part for WantedCaCerts {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>> {
        Box::pin(async move {
            let reads = cluster.reads();
            let namespace = Some(snapshot.istio_namespace.as_str());
            let secret = reads.get::<Secret>(namespace, CA_CERTS).await;
            snapshot.ca_certs = secret.map(|secret| secret.map(CaCerts::of));
            reads.reached()
        })
    }
}
