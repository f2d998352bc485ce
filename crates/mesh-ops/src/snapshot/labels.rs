//! Reads the parts of a cluster that say which network it is in, and how it is called.

use futures::future::{LocalBoxFuture, join_all};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::names::{INJECTED_LABEL, NETWORK_LABEL, ZTUNNEL_SELECTOR};
use mesh_model::read::Read;
use mesh_model::resources::{ApiGateway, DaemonSet, Pod};
use mesh_model::snapshot::ClusterSnapshot;
use mesh_model::statements::{Statement, is_own_gateway};

use super::read::{istiods, uid, unless_known};
use super::slim_reads::SlimReads;
use super::wanted::{Part, WantedLabels};

/// The number of pods with a proxy that are read.
const SAMPLE: u32 = 100;

impl Part for WantedLabels {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>> {
        Box::pin(labels(cluster, snapshot))
    }
}

/// Reads the parts in one wave, and the pods of the cluster's gateways in a second one.
async fn labels(cluster: &Cluster, snapshot: &mut ClusterSnapshot) -> Result<(), Error> {
    let namespace = snapshot.istio_namespace.clone();
    let inside = Some(namespace.as_str());
    let [with_network, of_ztunnel, injected] =
        [NETWORK_LABEL, ZTUNNEL_SELECTOR, INJECTED_LABEL].map(Selection::labelled);
    let all = Selection::default();
    let reads = SlimReads::new(cluster);
    let known_uid = std::mem::take(&mut snapshot.uid);
    let known_services = std::mem::take(&mut snapshot.services);
    let known_gateways = std::mem::take(&mut snapshot.api_gateways);
    let known_istiods = std::mem::take(&mut snapshot.istiods);
    let known_namespace = std::mem::take(&mut snapshot.namespace);
    let (uid, own, istiods, maps, services, api_gateways, ztunnels, pods) = futures::join!(
        unless_known(known_uid, uid(&reads)),
        unless_known(known_namespace, reads.get::<Namespace>(None, &namespace)),
        unless_known(known_istiods, istiods(&reads, inside)),
        reads.list::<ConfigMap>(inside, &all),
        unless_known(known_services, reads.list::<Service>(None, &with_network)),
        unless_known(
            known_gateways,
            reads.list::<ApiGateway>(None, &with_network)
        ),
        reads.list::<DaemonSet>(None, &of_ztunnel),
        reads.list_some::<Pod>(None, &injected, SAMPLE),
    );
    reads.checked()?;
    let own_gateways = services
        .items()
        .iter()
        .filter(|service| is_own_gateway(service) && snapshot.pods_behind(service).is_none());
    let behind = own_gateways.map(|service| async {
        let name = ClusterSnapshot::key(service);
        Some((name, behind(&reads, service)?.await))
    });
    let behind = join_all(behind).await;
    reads.reached()?;
    snapshot.pods.extend(behind.into_iter().flatten());
    snapshot.uid = uid;
    snapshot.namespace = own;
    snapshot.istiods = istiods;
    snapshot.injectors = maps.map(|mut maps| {
        maps.retain(|map| Statement::of_injector(map).is_some());
        maps
    });
    snapshot.services = services;
    snapshot.api_gateways = api_gateways;
    snapshot.ztunnels = ztunnels;
    snapshot.injected_pods = pods;
    Ok(())
}

/// Reads the pods behind a Service; nothing if it selects none.
fn behind<'r>(
    reads: &'r SlimReads<'_>,
    service: &'r Service,
) -> Option<impl Future<Output = Read<Vec<Pod>>> + 'r> {
    let selector = service.spec.as_ref()?.selector.as_ref()?;
    let pairs = selector.iter().map(|(key, value)| format!("{key}={value}"));
    let pairs: Vec<String> = pairs.collect();
    let selection = (!pairs.is_empty()).then(|| Selection::labelled(&pairs.join(",")))?;
    let namespace = service.metadata.namespace.as_deref();
    Some(async move { reads.list::<Pod>(namespace, &selection).await })
}
