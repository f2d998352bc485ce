//! Reads the clusters: what surrounds the gateway, then the objects of the names that ours will have, then what each server
//! says applying them would do. The only reader of the verb; the rehearsal changes nothing.

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{ApplyOptions, Cluster, DryRun};
use mesh_common::model::Error;
use mesh_common::model::change::{Action, marked_as};
use mesh_common::model::names::{KUBE_SYSTEM, NETWORK_LABEL};
use mesh_common::model::read::Read;
use serde_json::Value;

use super::plan::refusal;
use super::resolve::Order;
use crate::cli::SELF;
use crate::live::{self, Live};

/// What a gateway's objects depend on.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub context: String,
    /// UID of kube-system, which stands for the cluster.
    pub uid: Read<Option<String>>,
    pub namespace_exists: bool,
    /// The network that Istio's namespace names.
    pub network: Option<String>,
    pub live: Live,
}

/// Reads one cluster in one wave.
pub(super) async fn surroundings(cluster: &Cluster, order: &Order) -> Result<Surroundings, Error> {
    let (name, istio) = (order.namespace(), order.istio_namespace());
    let reads = cluster.reads();
    let (system, namespace, of_istio, live) = futures::join!(
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
    Ok(Surroundings {
        context: cluster.context().to_owned(),
        uid: system.map(|found| found.and_then(|found| found.metadata.uid)),
        namespace_exists: namespace.is_some(),
        network: of_istio?
            .or(namespace)
            .and_then(|found| found.metadata.labels)
            .and_then(|mut labels| labels.remove(NETWORK_LABEL)),
        live: live?,
    })
}

/// What becomes of each object, in their order.
///
/// # Errors
/// All that a server, or Kubernetes' rules, would refuse, joined.
pub(super) async fn rehearse(
    cluster: &Cluster,
    objects: &[Value],
    order: &Order,
) -> Result<Vec<Action>, Error> {
    let each = objects.iter().map(|object| one(cluster, object, order));
    Error::gather(futures::future::join_all(each).await)
}

async fn one(cluster: &Cluster, object: &Value, order: &Order) -> Result<Action, Error> {
    let live = cluster.get_manifest(object).await.map_err(without_kind)?;
    let kubectl = cluster.target().kubectl();
    if let Some(live) = &live
        && let Some(error) = refusal(live, object, cluster.context(), kubectl)
    {
        return Err(error);
    }
    let object = marked_as(object, live.as_ref(), SELF);
    let options = match order.dry_run {
        DryRun::Client => return Ok(Action::by_contents(live.as_ref(), &object)),
        DryRun::None | DryRun::Server => ApplyOptions {
            dry_run: DryRun::Server,
            force_conflicts: order.force_conflicts,
        },
    };
    let rehearsed = cluster.apply_manifest(&object, options).await?;
    Ok(Action::of(live.as_ref(), &rehearsed))
}

/// A kind that is not there is one of Istio's or of the Gateway API's.
fn without_kind(error: Error) -> Error {
    use mesh_common::client::{ApiFault, api_fault};
    match api_fault(&error) {
        Some(ApiFault::KindUnknown { .. }) => error
            .hint("install Istio first, with its CRDs, and for ambient gateways those of the Gateway API (https://gateway-api.sigs.k8s.io/guides/)")
            .hint("add --expose none, to install the gateway alone"),
        Some(_) | None => error,
    }
}
