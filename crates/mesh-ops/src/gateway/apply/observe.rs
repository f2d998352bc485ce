//! Reads the clusters: the namespaces, the gateways and control planes that are there, and the objects with the names of ours.
//! Nothing is decided here.

use futures::future::join_all;
use k8s_openapi::api::core::v1::Namespace;
use mesh_client::{ApiFault, Cluster, api_fault};
use mesh_model::Error;
use mesh_model::command::{Knob, Step};
use mesh_model::names::NETWORK_LABEL;
use mesh_model::read::Read;
use serde_json::Value;

use super::Request;
use crate::gateway::live::IstioState;
use crate::snapshot::{self, Wanted, WantedExposure};

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
    let wanted = Wanted {
        parts: &[&WantedExposure {
            everywhere: false,
            identity: true,
        }],
        ..Wanted::identity(istio)
    };
    let (read, beside) = futures::join!(Box::pin(snapshot::read(cluster, wanted)), async {
        if istio == name {
            Ok(None)
        } else {
            cluster.get::<Namespace>(None, name).await
        }
    },);
    let mut snapshot = read?.snapshot;
    let beside = beside?;
    let of_istio = std::mem::take(&mut snapshot.namespace).into_result()?;
    let namespace_exists = beside.is_some() || (istio == name && of_istio.is_some());
    Ok(ClusterState {
        context: snapshot.context.clone(),
        uid: std::mem::take(&mut snapshot.uid),
        namespace_exists,
        network: of_istio
            .or(beside)
            .and_then(|found| found.metadata.labels)
            .and_then(|mut labels| labels.remove(NETWORK_LABEL)),
        istio: IstioState::of(snapshot, Some(istio)),
    })
}

/// Reads what is stored under the kind and name of each of these objects.
pub(super) async fn live(
    cluster: &Cluster,
    objects: &[Value],
) -> Vec<Result<Option<Value>, Error>> {
    join_all(objects.iter().map(|object| async {
        let found = cluster.get_manifest(object).await;
        found.map_err(without_kind)
    }))
    .await
}

/// Adds hints where the server does not know a kind, which is one of Istio's or of the Gateway API's.
fn without_kind(error: Error) -> Error {
    match api_fault(&error) {
        Some(ApiFault::KindUnknown { .. }) => error
            .hint("install Istio first, with its CRDs, and for ambient gateways those of the Gateway API (https://gateway-api.sigs.k8s.io/guides/)")
            .hint(
                Step::new("add ")
                    .set(Knob::Expose, "none")
                    .text(", to install the gateway alone"),
            ),
        Some(_) | None => error,
    }
}
