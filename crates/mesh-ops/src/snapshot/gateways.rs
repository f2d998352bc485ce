//! Reads a cluster's gateways in three waves: objects by name or label, objects that depend on them, and objects that depend
//! on Services.

use std::collections::BTreeSet;

use futures::future::{LocalBoxFuture, join_all};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::exposure::{GatewaySelector, Revision};
use mesh_model::istiod::{revision_of, trusts_more_roots};
use mesh_model::mesh_config::{MeshConfig, MoreRoots, RevisionConfig};
use mesh_model::names::{
    EAST_WEST_GATEWAY, MESH_CONFIG_MAP, MESH_ROOT_CONFIG_MAP, MESH_ROOT_KEY, NETWORK_LABEL,
    TLS_MODE_LABEL,
};
use mesh_model::probe::Roots;
use mesh_model::read::Read;
use mesh_model::resources::{ApiGateway, Deployment, IstioGateway, Pod};
use mesh_model::snapshot::ClusterSnapshot;

use super::dependents::dependents;
use super::read::{gateway_services, istiods, uid, unless_known};
use super::slim_reads::SlimReads;
use super::wanted::{Part, WantedGateways};

/// The maximum number of pods with a proxy that are searched for services to test with, and of pods that look like a
/// gateway's.
const SAMPLE: u32 = 100;
/// The most revisions of istiod whose configurations are read.
const REVISIONS: usize = 20;

impl Part for WantedGateways<'_> {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>> {
        Box::pin(gateways(cluster, snapshot, *self))
    }
}

/// Reads what is there by name or label, then what depends on that.
async fn gateways(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    wanted: WantedGateways<'_>,
) -> Result<(), Error> {
    let reads = SlimReads::new(cluster);
    Box::pin(first_wave(&reads, snapshot, wanted)).await?;
    dependents(&reads, snapshot).await
}

async fn first_wave(
    reads: &SlimReads<'_>,
    snapshot: &mut ClusterSnapshot,
    wanted: WantedGateways<'_>,
) -> Result<(), Error> {
    let namespace = snapshot.istio_namespace.clone();
    let namespace = namespace.as_str();
    let inside = Some(namespace);
    let known_revisions = snapshot.revisions();
    let known_uid = std::mem::take(&mut snapshot.uid);
    let known_istiods = std::mem::take(&mut snapshot.istiods);
    let known_namespace = std::mem::take(&mut snapshot.namespace);
    let [networks, usual, meshed] = [
        NETWORK_LABEL,
        &GatewaySelector::default().to_string(),
        &format!("{TLS_MODE_LABEL}=istio"),
    ]
    .map(Selection::labelled);
    let name = wanted.name.unwrap_or(EAST_WEST_GATEWAY);
    let all = Selection::default();
    let (uid, own, istiods, maps, roots, services, usual, apis, istio, meshed) = futures::join!(
        unless_known(known_uid, uid(reads)),
        unless_known(known_namespace, reads.get::<Namespace>(None, namespace)),
        unless_known(known_istiods, istiods(reads, inside)),
        mesh_config_maps(reads, namespace, &known_revisions),
        reads.whole().get::<ConfigMap>(inside, MESH_ROOT_CONFIG_MAP),
        gateway_services(reads, name),
        reads.list_some::<Pod>(None, &usual, SAMPLE),
        reads.list::<ApiGateway>(None, &networks),
        reads.list::<IstioGateway>(None, &all),
        reads.list_some::<Pod>(None, &meshed, SAMPLE),
    );
    reads.checked()?;
    snapshot.uid = uid;
    snapshot.namespace = own;
    snapshot.istiods = istiods;
    let revisions = snapshot.revisions();
    let mut unread = revisions.clone();
    unread.retain(|revision| !known_revisions.contains(revision));
    // The istiods were not known before.
    let late = mesh_config_maps(reads, namespace, &unread).await;
    let maps = Read::all([maps, late]).map(|mut maps| {
        maps.retain(|(revision, _)| revisions.contains(revision));
        maps
    });
    let more = more_roots(snapshot.istiods.items(), maps.items());
    snapshot.mesh_configs = maps.map(|maps| {
        let configs = maps.into_iter().filter_map(|(revision, map)| {
            let config = MeshConfig::of(&map)?;
            Some(RevisionConfig { revision, config })
        });
        configs.collect()
    });
    let pem = roots.map(|map| map?.data?.remove(MESH_ROOT_KEY));
    let own = pem.seen().and_then(Option::as_deref);
    let has_others = own.is_some() && !more.pem.is_empty();
    snapshot.own_roots = own.filter(|_| has_others).map(Roots::from_pem);
    snapshot.roots = of_roots(pem, &more);
    snapshot.services = services;
    snapshot.api_gateways = apis;
    snapshot.istio_gateways = istio;
    snapshot.meshed_pods = meshed;
    snapshot.usual_pods = usual;
    Ok(())
}

/// Reads the configuration of the mesh that each of these revisions has; nothing for one that has none. Source: `getMeshConfigMapName`
/// in Istio's `pilot/pkg/bootstrap/mesh.go`.
async fn mesh_config_maps(
    reads: &SlimReads<'_>,
    namespace: &str,
    revisions: &[Revision],
) -> Read<Vec<(Revision, ConfigMap)>> {
    if revisions.len() > REVISIONS {
        let many = format!("istiods of more than {REVISIONS} revisions");
        return Read::Failed(many.into());
    }
    let maps = revisions.iter().map(|revision| async {
        let name = revision.suffixed(MESH_CONFIG_MAP);
        let map = reads.whole().get::<ConfigMap>(Some(namespace), &name).await;
        map.map(|map| Vec::from_iter(map.map(|map| (revision.clone(), map))))
    });
    Read::all(join_all(maps).await)
}

/// Returns the roots that proxies trust besides those of istiod's authority, of all revisions.
fn more_roots(istiods: &[Deployment], configs: &[(Revision, ConfigMap)]) -> MoreRoots {
    let trusting = istiods.iter().filter(|istiod| trusts_more_roots(istiod));
    let trusting: BTreeSet<Revision> = trusting.map(revision_of).collect();
    let configs = configs
        .iter()
        .filter(|(revision, _)| trusting.contains(revision));
    configs.fold(MoreRoots::default(), |all, (_, map)| {
        all.and(&MoreRoots::of(map))
    })
}

fn of_roots(pem: Read<Option<String>>, more: &MoreRoots) -> Read<Roots> {
    if more.has_urls {
        return Read::Failed("roots at a URL of meshConfig.caCertificates are not read".into());
    }
    match pem {
        Read::Seen(None) => {
            Read::Absent(format!("there is no ConfigMap {MESH_ROOT_CONFIG_MAP}").into())
        }
        read => read.map(|pem| {
            let own = pem.unwrap_or_default();
            if more.pem.is_empty() {
                Roots::from_pem(&own)
            } else {
                Roots::from_pem(&format!("{own}\n{}", more.pem))
            }
        }),
    }
}
