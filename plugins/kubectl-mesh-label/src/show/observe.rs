//! Reads what the parts of a cluster say. Nothing is judged here.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Service};
use mesh_common::cluster::{Cluster, Selection};
use mesh_common::mesh::command::Kubectl;
use mesh_common::mesh::error::{Error, Kind};
use mesh_common::mesh::istiod;
use mesh_common::mesh::names::{INJECTED_LABEL, KUBE_SYSTEM, NETWORK_LABEL, ZTUNNEL_SELECTOR};
use mesh_common::mesh::resources::ApiGateway;
use mesh_common::mesh::statements::{Part, Statement};
use mesh_common::mesh::whose::{is_remote_gateway, is_remote_service};

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
    /// The parts that may not be read, each with the reason.
    pub skipped: Vec<(Part, String)>,
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
    let (uid, own, istiods, maps, gateways, api_gateways, ztunnels, pods) = futures::join!(
        cluster.get::<Namespace>(None, KUBE_SYSTEM),
        cluster.get::<Namespace>(None, namespace),
        cluster.list::<Deployment>(inside, &of_istiod),
        cluster.list::<ConfigMap>(inside, &all),
        cluster.list::<Service>(None, &with_network),
        cluster.list::<ApiGateway>(None, &with_network),
        cluster.list::<DaemonSet>(None, &of_ztunnel),
        cluster.list_some::<Pod>(None, &injected, SAMPLE),
    );
    seen.uid = match uid {
        Err(error) if error.kind() != Kind::Forbidden => return Err(error),
        other => other.ok().flatten().and_then(|found| found.metadata.uid),
    };
    seen.namespace = seen.allowed(Part::Namespace, own)?;
    seen.statements
        .extend(seen.namespace.as_ref().map(Statement::of_namespace));
    let istiods = seen.allowed(Part::Istiod, istiods)?;
    seen.statements
        .extend(istiods.iter().map(Statement::of_istiod));
    let maps = seen.allowed(Part::Injector, maps)?;
    seen.statements
        .extend(maps.iter().filter_map(Statement::of_injector));
    let mut api_gateways = seen.allowed(Part::Gateway, known(api_gateways))?;
    api_gateways.retain(|gateway| !is_remote_gateway(gateway));
    seen.statements
        .extend(api_gateways.iter().map(Statement::of_api_gateway));
    let mut gateways = seen.allowed(Part::Gateway, gateways)?;
    // The network of the cluster is what is to be found out.
    gateways.retain(|gateway| !is_remote_service(gateway, None));
    let behind = futures::future::join_all(gateways.iter().map(|one| behind(cluster, one))).await;
    let mut of_gateways = Vec::new();
    for (gateway, pods) in gateways.iter().zip(behind) {
        let statement = Statement::of_gateway(gateway);
        let pods = seen.allowed(Part::GatewayPods, pods)?;
        of_gateways.extend(pods.iter().map(key));
        seen.statements.push(statement);
        seen.statements
            .extend(Statement::of_pods(Part::GatewayPods, &pods));
    }
    let ztunnels = seen.allowed(Part::Ztunnel, ztunnels)?;
    seen.statements
        .extend(ztunnels.iter().map(Statement::of_ztunnel));
    let mut pods = seen.allowed(Part::Pods, pods)?;
    pods.retain(|pod| !of_gateways.contains(&key(pod)));
    seen.statements
        .extend(Statement::of_pods(Part::Pods, &pods));
    Ok(seen)
}

/// The pods behind a gateway's Service.
async fn behind(cluster: &Cluster, service: &Service) -> Result<Vec<Pod>, Error> {
    let selector = service
        .spec
        .as_ref()
        .and_then(|spec| spec.selector.as_ref());
    let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
        return Ok(Vec::new());
    };
    let namespace = service.metadata.namespace.as_deref();
    cluster
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

/// A cluster without the Gateway API has none of its Gateways.
fn known<T>(read: Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
    match read {
        Err(error) if error.kind() == Kind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

fn key(pod: &Pod) -> (Option<String>, Option<String>) {
    (pod.metadata.namespace.clone(), pod.metadata.name.clone())
}

impl Seen {
    /// The value, or its default and a note where we may not read it.
    fn allowed<T: Default>(&mut self, part: Part, read: Result<T, Error>) -> Result<T, Error> {
        match read {
            Ok(value) => Ok(value),
            Err(error) if error.kind() == Kind::Forbidden => {
                self.skipped.push((part, error.to_string()));
                Ok(T::default())
            }
            Err(error) => Err(error),
        }
    }
}
