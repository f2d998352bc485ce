//! The objects that were read of one cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Event, Namespace, Node, Pod, Service};

use crate::command::Kubectl;
use crate::exposure::Revision;
use crate::istiod::domain;
use crate::names::{NETWORK_LABEL, REVISION_LABEL};
use crate::probe::Roots;
use crate::read::Read;
use crate::resources::{ApiGateway, IstioGateway, VirtualService};

/// The objects that were read of one cluster. Anything that could not be read has a reason, and checks that depend on
/// it are skipped.
#[derive(Debug)]
pub struct ClusterFacts {
    /// The context that it was read through.
    pub context: String,
    /// The kubectl flags that select it.
    pub kubectl: Kubectl,
    /// True if its API server is on this machine, as in test setups.
    pub is_local: bool,
    /// UID of its namespace kube-system.
    pub uid: Read<Option<String>>,
    /// Name of Istio's namespace.
    pub istio_namespace: String,
    /// Istio's namespace itself.
    pub namespace: Read<Option<Namespace>>,
    /// The istiods that run there.
    pub istiods: Read<Vec<Deployment>>,
    /// The ID of the mesh in the cluster's configuration.
    pub mesh_id: Read<Option<String>>,
    /// The root certificates that its proxies trust.
    pub roots: Read<Roots>,
    /// Services that are gateways or look like gateways.
    pub services: Read<Vec<Service>>,
    /// Gateways of the Gateway API that have a network.
    pub api_gateways: Read<Vec<ApiGateway>>,
    /// Pods with the usual label of such gateways.
    pub usual_pods: Read<Vec<Pod>>,
    /// The pods behind each of the Services, by the Service's namespace and name.
    pub pods: BTreeMap<(String, String), Read<Vec<Pod>>>,
    /// The nodes, if some gateway needs them.
    pub nodes: Read<Vec<Node>>,
    /// Istio's Gateways.
    pub istio_gateways: Read<Vec<IstioGateway>>,
    /// Istio's `VirtualServices`, if some Gateway needs them.
    pub virtual_services: Read<Vec<VirtualService>>,
    /// The Events about gateways without an address or pods, after they were requested.
    pub events: Read<Vec<Event>>,
    /// Some pods with a proxy that accepts mutual TLS.
    pub meshed_pods: Read<Vec<Pod>>,
    /// The Services in the namespaces of those pods.
    pub meshed_services: Read<Vec<Service>>,
    /// The result of reading the Services around the gateways' pods and those created for Gateways.
    pub nearby_services: Read<()>,
}

impl ClusterFacts {
    /// Returns the UID of its namespace kube-system, if it could be read.
    pub fn uid(&self) -> Option<&str> {
        self.uid.seen()?.as_deref()
    }

    /// Returns everything that could not be read, each with the reason.
    pub fn unread(&self) -> Vec<(String, &str)> {
        let single = [
            ("which cluster it is", self.uid.reason()),
            ("namespace", self.namespace.reason()),
            ("istiod", self.istiods.reason()),
            ("the mesh's ID", self.mesh_id.reason()),
            ("services", self.services.reason()),
            ("gateways of the Gateway API", self.api_gateways.reason()),
            ("pods of gateways without a label", self.usual_pods.reason()),
            ("services beside those pods", self.nearby_services.reason()),
            ("nodes", self.nodes.reason()),
            ("Istio's gateways", self.istio_gateways.reason()),
            ("virtual services", self.virtual_services.reason()),
            ("events", self.events.reason()),
            ("pods with a proxy", self.meshed_pods.reason()),
            ("services with a proxy", self.meshed_services.reason()),
            ("root certificates", self.roots.reason()),
        ];
        let single = single
            .into_iter()
            .map(|(what, reason)| (what.to_owned(), reason));
        let pods = self.pods.iter().map(|((namespace, name), pods)| {
            (format!("pods of service {namespace}/{name}"), pods.reason())
        });
        let all = single.chain(pods);
        all.filter_map(|(what, reason)| Some((what, reason?)))
            .collect()
    }

    /// Returns the network of the cluster.
    pub fn network(&self) -> Option<&str> {
        let namespace = self.namespace.seen()?.as_ref()?;
        let network = namespace.metadata.labels.as_ref()?.get(NETWORK_LABEL)?;
        Some(network.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the domain of its Services.
    pub fn domain(&self) -> String {
        let istiods = self.istiods.items();
        domain(istiods).unwrap_or_else(|| "cluster.local".to_owned())
    }

    /// Returns the revisions of its istiods, the one without a name first; only that one if none is known.
    pub fn revisions(&self) -> Vec<Revision> {
        let istiods = self.istiods.items();
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

    /// Returns whether the cluster has a control plane of its own.
    pub fn has_istiod(&self) -> bool {
        !self.istiods.items().is_empty()
    }
}
