//! Reads the parts that exposing services or istiod through a gateway depends on.

use futures::future::LocalBoxFuture;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use mesh_client::{Cluster, Selection};
use mesh_model::Error;
use mesh_model::exposure::facts::InjectorFacts;
use mesh_model::names::{EAST_WEST_GATEWAY, REVISION_LABEL};
use mesh_model::read::Read;
use mesh_model::resources::Deployment;
use mesh_model::snapshot::ClusterSnapshot;

use super::read::{apart, gateway_services, istiods, only_if, uid, unless_known};
use super::slim_reads::SlimReads;
use super::wanted::{Part, WantedExposure};

impl Part for WantedExposure {
    fn read<'r>(
        &'r self,
        cluster: &'r Cluster,
        snapshot: &'r mut ClusterSnapshot,
    ) -> LocalBoxFuture<'r, Result<(), Error>> {
        Box::pin(exposure(cluster, snapshot, *self))
    }
}

/// Reads the parts in one wave; in a second one the istiods of the other namespaces, where Istio's namespace has none.
async fn exposure(
    cluster: &Cluster,
    snapshot: &mut ClusterSnapshot,
    wanted: WantedExposure,
) -> Result<(), Error> {
    let namespace = snapshot.istio_namespace.clone();
    let inside = (!wanted.everywhere).then_some(namespace.as_str());
    let of_revision = Selection::labelled(REVISION_LABEL);
    let reads = SlimReads::new(cluster);
    let known_uid = std::mem::take(&mut snapshot.uid);
    let known_namespace = std::mem::take(&mut snapshot.namespace);
    let known_services = std::mem::take(&mut snapshot.services);
    let (uid, own, services, of_istiod, maps) = futures::join!(
        only_if(wanted.identity, unless_known(known_uid, uid(&reads))),
        only_if(
            wanted.identity,
            unless_known(known_namespace, reads.get::<Namespace>(None, &namespace))
        ),
        unless_known(known_services, gateway_services(&reads, EAST_WEST_GATEWAY)),
        istiods(&reads, inside),
        reads.list::<ConfigMap>(inside, &of_revision),
    );
    reads.reached()?;
    let is_any_seen = services.is_seen() || of_istiod.is_seen() || maps.is_seen();
    // Who may read nothing may still say it all.
    if !is_any_seen && !matches!(services, Read::Denied(_)) {
        let own = if wanted.identity {
            own
        } else {
            Read::Seen(None)
        };
        return own.and(services).into_result().map(drop);
    }
    (snapshot.uid, snapshot.namespace, snapshot.services) = (uid, own, services);
    (snapshot.istiods, snapshot.istiods_elsewhere) = if wanted.everywhere {
        parted(of_istiod, &namespace)
    } else {
        let elsewhere = elsewhere(&reads, &of_istiod).await;
        (of_istiod, elsewhere)
    };
    snapshot.injectors = maps.map(|mut maps| {
        maps.retain(|map| InjectorFacts::of_config_map(map).is_some());
        maps
    });
    Ok(())
}

fn parted(
    all: Read<Vec<Deployment>>,
    namespace: &str,
) -> (Read<Vec<Deployment>>, Read<Vec<Deployment>>) {
    match all {
        Read::Seen(all) => {
            let (inside, outside) = apart(all, namespace);
            (Read::Seen(inside), Read::Seen(outside))
        }
        unread => (unread.clone(), unread),
    }
}

/// Reads the istiods of all namespaces, where Istio's has none.
async fn elsewhere(reads: &SlimReads<'_>, inside: &Read<Vec<Deployment>>) -> Read<Vec<Deployment>> {
    if inside.seen().is_some_and(Vec::is_empty) {
        istiods(reads, None).await
    } else {
        Read::NotAsked
    }
}
