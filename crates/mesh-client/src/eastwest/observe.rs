//! Reads a cluster's gateways in three waves over one connection: objects by name or label, objects that depend on
//! them, and objects that depend on Services. Host names are resolved at the end.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Service};

use super::dependents::{dependents, key};
use crate::probe::resolve;
use crate::{Cluster, Reads, Selection};
use mesh_model::Error;
use mesh_model::eastwest::{ClusterSnapshot, Gateway};
use mesh_model::exposure::GatewaySelector;
use mesh_model::names::{
    EAST_WEST_GATEWAY, KUBE_SYSTEM, MESH_CONFIG_KEY, MESH_CONFIG_MAP, MESH_ROOT_CONFIG_MAP,
    MESH_ROOT_KEY, NETWORK_LABEL, TLS_MODE_LABEL,
};
use mesh_model::probe::Roots;
use mesh_model::read::Read;
use mesh_model::resources::{ApiGateway, IstioGateway};
use mesh_model::yaml::documents;
use mesh_model::{istiod, server};

/// The maximum number of pods with a proxy that are searched for services to test with, and of pods that look like a
/// gateway's.
const SAMPLE: u32 = 100;

/// The gateways to look for, and the limit for DNS.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Istio's namespace.
    pub namespace: &'a str,
    /// The only gateway to look for, labelled or not; `None` for all.
    pub name: Option<&'a str>,
    /// The limit for resolving a host name.
    pub dns: Duration,
}

/// Reads a cluster and finds the gateways.
///
/// # Errors
/// An unreachable cluster. Failed reads, and kinds that do not exist, are part of the facts.
pub async fn observe(
    cluster: &Cluster,
    look: Look<'_>,
) -> Result<(ClusterSnapshot, Vec<Gateway>), Error> {
    let reads = cluster.reads();
    let mut facts = Box::pin(first_wave(cluster, &reads, look)).await?;
    dependents(&reads, &mut facts).await?;
    let mut gateways = Gateway::all(&facts);
    gateways.retain(|gateway| look.name.is_none_or(|name| gateway.name == name));
    let addresses = gateways
        .iter_mut()
        .flat_map(|gateway| &mut gateway.addresses);
    let names = addresses.filter(|address| address.resolved.is_empty());
    futures::future::join_all(names.map(|address| async {
        address.resolved = resolve(&address.value, look.dns).await;
    }))
    .await;
    Ok((facts, gateways))
}

async fn first_wave(
    cluster: &Cluster,
    reads: &Reads<'_>,
    look: Look<'_>,
) -> Result<ClusterSnapshot, Error> {
    let namespace = look.namespace;
    let inside = Some(namespace);
    let [of_istiod, networks, usual, meshed] = [
        istiod::SELECTOR,
        NETWORK_LABEL,
        &GatewaySelector::default().to_string(),
        &format!("{TLS_MODE_LABEL}=istio"),
    ]
    .map(labelled);
    let by_name = Selection {
        labels: None,
        fields: Some(format!(
            "metadata.name={}",
            look.name.unwrap_or(EAST_WEST_GATEWAY)
        )),
    };
    let all = Selection::default();
    let (uid, own, istiods, config, roots, labelled, named, usual, apis, istio, meshed) = futures::join!(
        reads.get::<Namespace>(None, KUBE_SYSTEM),
        reads.get::<Namespace>(None, namespace),
        reads.list::<Deployment>(inside, &of_istiod),
        reads.get::<ConfigMap>(inside, MESH_CONFIG_MAP),
        reads.get::<ConfigMap>(inside, MESH_ROOT_CONFIG_MAP),
        reads.list::<Service>(None, &networks),
        reads.list::<Service>(None, &by_name),
        reads.list_some::<Pod>(None, &usual, SAMPLE),
        reads.list::<ApiGateway>(None, &networks),
        reads.list::<IstioGateway>(None, &all),
        reads.list_some::<Pod>(None, &meshed, SAMPLE),
    );
    reads.checked()?;
    let target = cluster.target();
    let services = labelled.and(named).map(|(mut known, named)| {
        let new = |service: &Service| !known.iter().any(|other| key(other) == key(service));
        let named: Vec<Service> = named.into_iter().filter(new).collect();
        known.extend(named);
        sorted(known)
    });
    let unread = ClusterSnapshot::new(
        cluster.context(),
        target.address(),
        target.kubectl().clone(),
        namespace,
    );
    Ok(ClusterSnapshot {
        is_local: server::dead(target.server()).is_some(),
        uid: uid.map(|found| found.and_then(|found| found.metadata.uid)),
        namespace: own,
        istiods,
        mesh_id: config.map(|map| map.as_ref().and_then(mesh_id)),
        roots: of_roots(roots),
        services,
        api_gateways: apis,
        istio_gateways: istio,
        meshed_pods: meshed,
        usual_pods: usual,
        ..unread
    })
}

fn sorted(mut services: Vec<Service>) -> Vec<Service> {
    services.sort_by_key(key);
    services
}

fn of_roots(map: Read<Option<ConfigMap>>) -> Read<Roots> {
    let pem = map.map(|map| map?.data?.remove(MESH_ROOT_KEY));
    match pem {
        Read::Seen(None) => Read::Absent(format!("there is no ConfigMap {MESH_ROOT_CONFIG_MAP}")),
        read => read.map(|pem| Roots::from_pem(&pem.unwrap_or_default())),
    }
}

fn mesh_id(map: &ConfigMap) -> Option<String> {
    let text = map.data.as_ref()?.get(MESH_CONFIG_KEY)?;
    let documents = documents(text, MESH_CONFIG_MAP).ok()?;
    let id = documents.first()?["defaultConfig"]["meshId"].as_str()?;
    Some(id.to_owned())
}

pub(super) fn labelled(selector: &str) -> Selection {
    Selection::labelled(selector)
}
