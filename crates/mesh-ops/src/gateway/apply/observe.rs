//! Reads the clusters: the namespaces, and the gateways and control planes that are there. Nothing is decided here.

use k8s_openapi::api::core::v1::Namespace;
use mesh_client::Cluster;
use mesh_model::Error;
use mesh_model::names::{KUBE_SYSTEM, NETWORK_LABEL};
use mesh_model::read::Read;

use super::Request;
use crate::gateway::live::{self, IstioState};

/// The state of a cluster that a gateway's objects depend on.
#[derive(Debug)]
pub(super) struct ClusterState {
    pub context: String,
    /// UID of kube-system, which identifies the cluster.
    pub uid: Read<Option<String>>,
    /// True if the gateway's namespace exists.
    pub namespace_exists: bool,
    /// The network of Istio's namespace.
    pub network: Option<String>,
    pub istio: IstioState,
}

/// Reads one cluster in one wave.
pub(super) async fn observe(cluster: &Cluster, request: &Request) -> Result<ClusterState, Error> {
    let (name, istio) = (&request.spec.namespace, &request.istio_namespace);
    let reads = cluster.reads();
    let (system, namespace, of_istio, state) = futures::join!(
        reads.get::<Namespace>(None, KUBE_SYSTEM),
        cluster.get::<Namespace>(None, name),
        async {
            if istio == name {
                Ok(None)
            } else {
                cluster.get::<Namespace>(None, istio).await
            }
        },
        live::observe(cluster, Some(istio)),
    );
    reads.reached()?;
    let namespace = namespace?;
    Ok(ClusterState {
        context: cluster.context().to_owned(),
        uid: system.map(|found| found.and_then(|found| found.metadata.uid)),
        namespace_exists: namespace.is_some(),
        network: of_istio?
            .or(namespace)
            .and_then(|found| found.metadata.labels)
            .and_then(|mut labels| labels.remove(NETWORK_LABEL)),
        istio: state?,
    })
}
