//! What was read of one cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Service};

use crate::mesh::command::Kubectl;
use crate::mesh::exposure::Revision;
use crate::mesh::istiod::domain;
use crate::mesh::names::{NETWORK_LABEL, REVISION_LABEL};
use crate::mesh::probe::Roots;
use crate::mesh::resources::{ApiGateway, IstioGateway, VirtualService};

/// What was read, or why it could not be.
pub type Readable<T> = Result<T, String>;

/// What was read of one cluster. What could not be read says why, and what depends on it is not judged.
#[derive(Debug)]
pub struct ClusterFacts {
    /// The context that it was read by.
    pub context: String,
    /// How kubectl is told about it.
    pub kubectl: Kubectl,
    /// Whether its API server is on this very machine, as those of labs are.
    pub is_local: bool,
    /// UID of its namespace kube-system.
    pub uid: Option<String>,
    /// Name of Istio's namespace.
    pub istio_namespace: String,
    /// Istio's namespace itself.
    pub namespace: Readable<Option<Namespace>>,
    /// The istiods that run there.
    pub istiods: Readable<Vec<Deployment>>,
    /// The mesh that the cluster says to belong to.
    pub mesh_id: Option<String>,
    /// The roots that its proxies trust.
    pub roots: Readable<Roots>,
    /// Services that are gateways or look like some.
    pub services: Readable<Vec<Service>>,
    /// Gateways of the Gateway API that have a network.
    pub api_gateways: Readable<Vec<ApiGateway>>,
    /// Pods with the label that those of such gateways usually have.
    pub usual_pods: Vec<Pod>,
    /// The pods behind each of the Services, by the Service's namespace and name.
    pub pods: BTreeMap<(String, String), Readable<Vec<Pod>>>,
    /// The nodes, where some gateway needs them.
    pub nodes: Readable<Vec<Node>>,
    /// Istio's Gateways.
    pub istio_gateways: Readable<Vec<IstioGateway>>,
    /// Istio's `VirtualServices`, where some Gateway needs them.
    pub virtual_services: Readable<Vec<VirtualService>>,
    /// Some pods with a proxy that takes mutual TLS.
    pub meshed_pods: Readable<Vec<Pod>>,
    /// The Services beside those pods.
    pub meshed_services: Readable<Vec<Service>>,
}

impl ClusterFacts {
    /// The network of the cluster.
    pub fn network(&self) -> Option<&str> {
        let namespace = self.namespace.as_ref().ok()?.as_ref()?;
        let network = namespace.metadata.labels.as_ref()?.get(NETWORK_LABEL)?;
        Some(network.as_str()).filter(|name| !name.is_empty())
    }

    /// The domain of its Services.
    pub fn domain(&self) -> String {
        let istiods = self.istiods.as_deref().unwrap_or_default();
        domain(istiods).unwrap_or_else(|| "cluster.local".to_owned())
    }

    /// The revisions of its istiods, the one without a name first; that one where none is known.
    pub fn revisions(&self) -> Vec<Revision> {
        let istiods = self.istiods.as_deref().unwrap_or_default();
        let label = |istiod: &Deployment| {
            let labels = istiod.metadata.labels.as_ref();
            let value = labels.and_then(|labels| labels.get(REVISION_LABEL));
            Revision::of_label(value.map(String::as_str))
        };
        let mut revisions: Vec<Revision> = istiods.iter().map(label).collect();
        if revisions.is_empty() {
            revisions.push(Revision::default());
        }
        revisions.sort();
        revisions.dedup();
        revisions
    }

    /// Whether the cluster has a control plane of its own.
    pub fn has_istiod(&self) -> bool {
        self.istiods
            .as_ref()
            .is_ok_and(|istiods| !istiods.is_empty())
    }
}
