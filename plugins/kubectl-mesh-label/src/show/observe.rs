//! Reads what the parts of a cluster say. Nothing is judged here.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Service};
use mesh_common::client::{Cluster, Reads, Selection};
use mesh_common::model::Error;
use mesh_common::model::command::Kubectl;
use mesh_common::model::istiod;
use mesh_common::model::names::{INJECTED_LABEL, KUBE_SYSTEM, NETWORK_LABEL, ZTUNNEL_SELECTOR};
use mesh_common::model::read::Read;
use mesh_common::model::resources::ApiGateway;
use mesh_common::model::statements::{Part, Statement};
use mesh_common::model::whose::{is_remote_gateway, is_remote_service};

/// How many pods with a proxy are looked at.
const SAMPLE: u32 = 100;

/// What was read of one cluster.
#[derive(Default)]
pub(super) struct Seen {
    pub context: String,
    /// How kubectl is told about it.
    pub kubectl: Kubectl,
    pub uid: Option<String>,
    pub namespace: Option<Namespace>,
    /// In the order of their weight.
    pub statements: Vec<Statement>,
    /// What could not be read, each with the reason.
    pub skipped: Vec<(&'static str, String)>,
    /// Whether some of that may disagree all the same.
    pub is_partial: bool,
}

/// Reads one cluster in one wave, and the pods of its gateways in a second one.
pub(super) async fn observe(cluster: &Cluster, namespace: &str) -> Result<Seen, Error> {
    let mut seen = Seen {
        context: cluster.context().to_owned(),
        kubectl: cluster.target().kubectl().clone(),
        ..Seen::default()
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
    let uid = seen.noted("which cluster it is", uid);
    seen.uid = uid.and_then(|found| found.metadata.uid);
    seen.namespace = seen.noted(Part::Namespace.word(), own);
    seen.statements
        .extend(seen.namespace.as_ref().map(Statement::of_namespace));
    let istiods = seen.noted(Part::Istiod.word(), istiods);
    seen.statements
        .extend(istiods.iter().map(Statement::of_istiod));
    let maps = seen.noted(Part::Injector.word(), maps);
    seen.statements
        .extend(maps.iter().filter_map(Statement::of_injector));
    let mut api_gateways = seen.noted("gateway of the Gateway API", api_gateways);
    api_gateways.retain(|gateway| !is_remote_gateway(gateway));
    seen.statements
        .extend(api_gateways.iter().map(Statement::of_api_gateway));
    let mut gateways = seen.noted(Part::Gateway.word(), gateways);
    // The network of the cluster is what is to be found out.
    gateways.retain(|gateway| !is_remote_service(gateway, None));
    let behind = futures::future::join_all(gateways.iter().map(|one| behind(&reads, one))).await;
    reads.reached()?;
    let mut of_gateways = Vec::new();
    for (gateway, pods) in gateways.iter().zip(behind) {
        let statement = Statement::of_gateway(gateway);
        let pods = seen.noted(Part::GatewayPods.word(), pods);
        of_gateways.extend(pods.iter().map(key));
        seen.statements.push(statement);
        seen.statements
            .extend(Statement::of_pods(Part::GatewayPods, &pods));
    }
    let ztunnels = seen.noted(Part::Ztunnel.word(), ztunnels);
    seen.statements
        .extend(ztunnels.iter().map(Statement::of_ztunnel));
    let mut pods = seen.noted(Part::Pods.word(), pods);
    pods.retain(|pod| !of_gateways.contains(&key(pod)));
    seen.statements
        .extend(Statement::of_pods(Part::Pods, &pods));
    Ok(seen)
}

/// The pods behind a gateway's Service.
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

impl Seen {
    /// The value, or its default and a note of why it could not be read.
    fn noted<T: Default>(&mut self, what: &'static str, read: Read<T>) -> T {
        self.is_partial |= read.may_be_there();
        let reason = read.reason().map(str::to_owned);
        self.skipped.extend(reason.map(|reason| (what, reason)));
        read.or_default()
    }
}
