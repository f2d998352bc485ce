//! Reads the statements of the parts of a cluster. Nothing is judged here.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Service};
use mesh_client::{Cluster, Reads, Selection};
use mesh_model::Error;
use mesh_model::istiod;
use mesh_model::names::{INJECTED_LABEL, KUBE_SYSTEM, NETWORK_LABEL, ZTUNNEL_SELECTOR};
use mesh_model::read::Read;
use mesh_model::resources::ApiGateway;
use mesh_model::statements::{IdentityObservation, Part, Statement};
use mesh_model::whose::{is_remote_gateway, is_remote_service};

/// The number of pods with a proxy that are read.
const SAMPLE: u32 = 100;

/// Reads one cluster in one wave, and the pods of its gateways in a second one. `namespace` is Istio's.
///
/// # Errors
/// A cluster that is not reached, or of which nothing at all could be read.
pub async fn observe(cluster: &Cluster, namespace: &str) -> Result<IdentityObservation, Error> {
    let mut seen = IdentityObservation {
        context: cluster.context().to_owned(),
        kubectl: cluster.target().kubectl().clone(),
        ..IdentityObservation::default()
    };
    let inside = Some(namespace);
    let [of_istiod, with_network, of_ztunnel, injected] = [
        istiod::SELECTOR,
        NETWORK_LABEL,
        ZTUNNEL_SELECTOR,
        INJECTED_LABEL,
    ]
    .map(labelled);
    let all = Selection::default();
    let reads = cluster.reads();
    let (uid, own, istiods, maps, gateways, api_gateways, ztunnels, pods) = futures::join!(
        reads.get::<Namespace>(None, KUBE_SYSTEM),
        reads.get::<Namespace>(None, namespace),
        reads.list::<Deployment>(inside, &of_istiod),
        reads.list::<ConfigMap>(inside, &all),
        reads.list::<Service>(None, &with_network),
        reads.list::<ApiGateway>(None, &with_network),
        reads.list::<DaemonSet>(None, &of_ztunnel),
        reads.list_some::<Pod>(None, &injected, SAMPLE),
    );
    reads.checked()?;
    let uid = noted(&mut seen, "which cluster it is", uid);
    seen.uid = uid.and_then(|found| found.metadata.uid);
    seen.namespace = noted(&mut seen, Part::Namespace.word(), own);
    seen.statements
        .extend(seen.namespace.as_ref().map(Statement::of_namespace));
    let istiods = noted(&mut seen, Part::Istiod.word(), istiods);
    seen.statements
        .extend(istiods.iter().map(Statement::of_istiod));
    let maps = noted(&mut seen, Part::Injector.word(), maps);
    seen.statements
        .extend(maps.iter().filter_map(Statement::of_injector));
    let mut api_gateways = noted(&mut seen, "gateway of the Gateway API", api_gateways);
    api_gateways.retain(|gateway| !is_remote_gateway(gateway));
    seen.statements
        .extend(api_gateways.iter().map(Statement::of_api_gateway));
    let mut gateways = noted(&mut seen, Part::Gateway.word(), gateways);
    // The network of the cluster is what is to be found out.
    gateways.retain(|gateway| !is_remote_service(gateway, None));
    let behind = futures::future::join_all(gateways.iter().map(|one| behind(&reads, one))).await;
    reads.reached()?;
    let mut of_gateways = Vec::new();
    for (gateway, pods) in gateways.iter().zip(behind) {
        let statement = Statement::of_gateway(gateway);
        let pods = noted(&mut seen, Part::GatewayPods.word(), pods);
        of_gateways.extend(pods.iter().map(key));
        seen.statements.push(statement);
        seen.statements
            .extend(Statement::of_pods(Part::GatewayPods, &pods));
    }
    let ztunnels = noted(&mut seen, Part::Ztunnel.word(), ztunnels);
    seen.statements
        .extend(ztunnels.iter().map(Statement::of_ztunnel));
    let mut pods = noted(&mut seen, Part::Pods.word(), pods);
    pods.retain(|pod| !of_gateways.contains(&key(pod)));
    seen.statements
        .extend(Statement::of_pods(Part::Pods, &pods));
    Ok(seen)
}

/// Reads the pods behind a gateway's Service.
async fn behind(reads: &Reads<'_>, service: &Service) -> Read<Vec<Pod>> {
    let selector = service
        .spec
        .as_ref()
        .and_then(|spec| spec.selector.as_ref());
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return Read::NotAsked;
    };
    let namespace = service.metadata.namespace.as_deref();
    reads
        .list::<Pod>(namespace, &labelled(&joined(selector)))
        .await
}

fn joined(selector: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = selector
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(",")
}

fn labelled(selector: &str) -> Selection {
    Selection::labelled(selector)
}

fn key(pod: &Pod) -> (Option<String>, Option<String>) {
    (pod.metadata.namespace.clone(), pod.metadata.name.clone())
}

/// Returns the value, or its default and a note of why it could not be read.
fn noted<T: Default>(seen: &mut IdentityObservation, part: &'static str, read: Read<T>) -> T {
    seen.is_partial |= read.may_be_there();
    let reason = read.reason().map(str::to_owned);
    seen.skipped.extend(reason.map(|reason| (part, reason)));
    read.or_default()
}
