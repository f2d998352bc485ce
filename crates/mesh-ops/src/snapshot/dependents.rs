//! Reads that depend on the results of the first wave.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use k8s_openapi::api::core::v1::Service;
use mesh_client::Selection;
use mesh_model::Error;
use mesh_model::names::{GATEWAY_NAME_LABEL, NODE_SELECTOR_ANNOTATION};
use mesh_model::read::Read;
use mesh_model::resources::{ApiGateway, Node, Pod, VirtualService};
use mesh_model::snapshot::ClusterSnapshot;

use super::slim_reads::SlimReads;

/// The number of namespaces that are searched for services to test with.
const NAMESPACES: usize = 3;

/// Adds the objects that depend on the first wave.
pub(super) async fn dependents(
    reads: &SlimReads<'_>,
    facts: &mut ClusterSnapshot,
) -> Result<(), Error> {
    let meshed = namespaces(facts.meshed_pods.items());
    let meshed: Vec<&str> = meshed.into_iter().take(NAMESPACES).collect();
    let around = namespaces(facts.usual_pods.items());
    let around: Vec<&str> = around
        .into_iter()
        .filter(|space| !meshed.contains(space))
        .collect();
    let made = made_for(facts);
    let every = Selection::default();
    let (beside, around, made, nodes, routes) = futures::join!(
        join_all(meshed.iter().map(|space| reads.list(Some(space), &every))),
        join_all(around.iter().map(|space| reads.list(Some(space), &every))),
        join_all(made.iter().map(|(space, selector)| async {
            reads
                .list(Some(space), &Selection::labelled(selector))
                .await
        })),
        nodes(reads, facts),
        routes(reads, facts),
    );
    reads.reached()?;
    let beside: Read<Vec<Service>> = Read::all(beside);
    let (around, made) = (Read::all(around), Read::all(made));
    let near = beside.items().iter().chain(around.items());
    let alike = near.filter(|service| is_before(service, facts.usual_pods.items()));
    let found: Vec<Service> = alike.chain(made.items()).cloned().collect();
    if let Some(services) = facts.services.seen_mut() {
        for service in found {
            if !services
                .iter()
                .any(|other| ClusterSnapshot::key(other) == ClusterSnapshot::key(&service))
            {
                services.push(service);
            }
        }
        services.sort_by_key(ClusterSnapshot::key);
    }
    facts.nearby_services = around.and(made).map(drop);
    facts.meshed_services = beside;
    facts.nodes = nodes;
    facts.virtual_services = routes;
    let pods = pods(reads, facts).await;
    facts.pods.extend(pods);
    reads.reached()
}

/// Returns namespace and label selector of the Service of each Gateway whose Service is not in the first wave.
fn made_for(facts: &ClusterSnapshot) -> Vec<(String, String)> {
    let services = facts.services.items();
    let apis = facts.api_gateways.items();
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

async fn nodes(reads: &SlimReads<'_>, facts: &ClusterSnapshot) -> Read<Vec<Node>> {
    let wanted = facts.services.items().iter().any(|service| {
        let annotations = service.metadata.annotations.as_ref();
        annotations.is_some_and(|all| all.contains_key(NODE_SELECTOR_ANNOTATION))
    });
    if !wanted {
        return Read::NotAsked;
    }
    reads.list(None, &Selection::default()).await
}

/// Reads the `VirtualServices`, which matter only if a Gateway has the TLS mode `ISTIO_MUTUAL`.
async fn routes(reads: &SlimReads<'_>, facts: &ClusterSnapshot) -> Read<Vec<VirtualService>> {
    let gateways = facts.istio_gateways.items();
    let servers = gateways.iter().flat_map(|gateway| &gateway.spec.servers);
    let wanted = servers.into_iter().any(|server| {
        let mode = server.tls.as_ref().and_then(|tls| tls.mode.as_deref());
        mode == Some("ISTIO_MUTUAL")
    });
    if !wanted {
        return Read::NotAsked;
    }
    reads.list(None, &Selection::default()).await
}

/// Reads the pods behind each Service that is a gateway.
async fn pods(
    reads: &SlimReads<'_>,
    facts: &ClusterSnapshot,
) -> BTreeMap<(String, String), Read<Vec<Pod>>> {
    let with_selector = facts.services.items().iter().filter_map(|service| {
        let selector = service.spec.as_ref()?.selector.as_ref()?;
        let pairs: Vec<String> = selector
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| (ClusterSnapshot::key(service), pairs.join(",")))
    });
    let read = with_selector.map(|(key, selector)| async move {
        let pods = reads
            .list(Some(&key.0), &Selection::labelled(&selector))
            .await;
        (key, pods)
    });
    join_all(read).await.into_iter().collect()
}

/// Returns whether a Service selects one of these pods.
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
