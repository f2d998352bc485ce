//! What can only be asked for once the first wave is known.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use k8s_openapi::api::core::v1::{Node, Pod, Service};

use super::observe::{labelled, readable};
use crate::cluster::{Cluster, Selection};
use crate::mesh::eastwest::{ClusterFacts, Readable};
use crate::mesh::error::Error;
use crate::mesh::names::{GATEWAY_NAME_LABEL, NODE_SELECTOR_ANNOTATION};
use crate::mesh::resources::{ApiGateway, VirtualService};

/// How many namespaces are searched for services to ask for.
const NAMESPACES: usize = 3;

/// Adds what the facts of the first wave lead to.
pub(super) async fn dependents(cluster: &Cluster, facts: &mut ClusterFacts) -> Result<(), Error> {
    let meshed = namespaces(facts.meshed_pods.as_deref().unwrap_or_default());
    let meshed: Vec<&str> = meshed.into_iter().take(NAMESPACES).collect();
    let around = namespaces(&facts.usual_pods);
    let around: Vec<&str> = around
        .into_iter()
        .filter(|space| !meshed.contains(space))
        .collect();
    let made = made_for(facts);
    let (beside, around, made, nodes, routes) = futures::join!(
        join_all(meshed.iter().map(|space| services(cluster, space))),
        join_all(around.iter().map(|space| services(cluster, space))),
        join_all(
            made.iter()
                .map(|(space, selector)| selected(cluster, space, selector))
        ),
        nodes(cluster, facts),
        routes(cluster, facts),
    );
    let beside = all(beside)?;
    let near = beside
        .clone()
        .unwrap_or_default()
        .into_iter()
        .chain(all(around)?.unwrap_or_default());
    let alike: Vec<Service> = near
        .filter(|service| is_before(service, &facts.usual_pods))
        .collect();
    let found = alike.into_iter().chain(all(made)?.unwrap_or_default());
    if let Ok(services) = &mut facts.services {
        for service in found {
            if !services.iter().any(|other| key(other) == key(&service)) {
                services.push(service);
            }
        }
        services.sort_by_key(key);
    }
    facts.meshed_services = beside;
    facts.nodes = nodes?;
    facts.virtual_services = routes?;
    facts.pods = pods(cluster, facts).await?;
    Ok(())
}

/// Namespace and name.
pub(super) fn key(service: &Service) -> (String, String) {
    let meta = &service.metadata;
    (
        meta.namespace.clone().unwrap_or_default(),
        meta.name.clone().unwrap_or_default(),
    )
}

async fn services(cluster: &Cluster, space: &str) -> Result<Readable<Vec<Service>>, Error> {
    readable(
        cluster
            .list::<Service>(Some(space), &Selection::default())
            .await,
    )
}

async fn selected(
    cluster: &Cluster,
    space: &str,
    selector: &str,
) -> Result<Readable<Vec<Service>>, Error> {
    readable(
        cluster
            .list::<Service>(Some(space), &labelled(selector))
            .await,
    )
}

/// The Gateways of which istiod's Service has another label than theirs.
fn made_for(facts: &ClusterFacts) -> Vec<(String, String)> {
    let services = facts.services.as_deref().unwrap_or_default();
    let apis = facts.api_gateways.as_deref().unwrap_or_default();
    let without = |api: &&ApiGateway| {
        let mut made = services.iter().filter(|service| {
            let labels = service.metadata.labels.as_ref();
            let name = labels.and_then(|labels| labels.get(GATEWAY_NAME_LABEL));
            service.metadata.namespace == api.metadata.namespace
                && name == api.metadata.name.as_ref()
        });
        made.next().is_none()
    };
    let of = |api: &ApiGateway| {
        let meta = &api.metadata;
        let name = meta.name.clone().unwrap_or_default();
        (
            meta.namespace.clone().unwrap_or_default(),
            format!("{GATEWAY_NAME_LABEL}={name}"),
        )
    };
    apis.iter().filter(without).map(of).collect()
}

async fn nodes(cluster: &Cluster, facts: &ClusterFacts) -> Result<Readable<Vec<Node>>, Error> {
    let services = facts.services.as_deref().unwrap_or_default();
    let wanted = services.iter().any(|service| {
        let annotations = service.metadata.annotations.as_ref();
        annotations.is_some_and(|all| all.contains_key(NODE_SELECTOR_ANNOTATION))
    });
    if !wanted {
        return Ok(Ok(Vec::new()));
    }
    readable(cluster.list::<Node>(None, &Selection::default()).await)
}

/// `VirtualServices` matter only where a Gateway does something else than to pass on.
async fn routes(
    cluster: &Cluster,
    facts: &ClusterFacts,
) -> Result<Readable<Vec<VirtualService>>, Error> {
    let gateways = facts.istio_gateways.as_deref().unwrap_or_default();
    let servers = gateways.iter().flat_map(|gateway| &gateway.spec.servers);
    let wanted = servers.into_iter().any(|server| {
        let mode = server.tls.as_ref().and_then(|tls| tls.mode.as_deref());
        mode == Some("ISTIO_MUTUAL")
    });
    if !wanted {
        return Ok(Ok(Vec::new()));
    }
    readable(
        cluster
            .list::<VirtualService>(None, &Selection::default())
            .await,
    )
}

/// The pods behind each Service that is a gateway.
async fn pods(
    cluster: &Cluster,
    facts: &ClusterFacts,
) -> Result<BTreeMap<(String, String), Readable<Vec<Pod>>>, Error> {
    let services = facts.services.as_deref().unwrap_or_default();
    let with_selector = services.iter().filter_map(|service| {
        let selector = service.spec.as_ref()?.selector.as_ref()?;
        let pairs: Vec<String> = selector
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| (key(service), pairs.join(",")))
    });
    let read = with_selector.map(|(key, selector)| async move {
        let pods = cluster
            .list::<Pod>(Some(&key.0), &labelled(&selector))
            .await;
        Ok((key, readable(pods)?))
    });
    join_all(read).await.into_iter().collect()
}

/// Whether a Service selects one of these pods.
fn is_before(service: &Service, pods: &[Pod]) -> bool {
    let selector = service
        .spec
        .as_ref()
        .and_then(|spec| spec.selector.as_ref());
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return false;
    };
    pods.iter().any(|pod| {
        let labels = pod.metadata.labels.clone().unwrap_or_default();
        pod.metadata.namespace == service.metadata.namespace
            && selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
    })
}

fn namespaces(pods: &[Pod]) -> BTreeSet<&str> {
    pods.iter()
        .filter_map(|pod| pod.metadata.namespace.as_deref())
        .collect()
}

/// All of them together, or why one could not be read.
fn all<T>(read: Vec<Result<Readable<Vec<T>>, Error>>) -> Result<Readable<Vec<T>>, Error> {
    let mut items = Vec::new();
    for one in read {
        match one? {
            Ok(more) => items.extend(more),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(items))
}
