//! The objects that were read of one cluster.

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{ConfigMap, Event, Namespace, Service};

use super::{AskedIstiod, CutList};
use crate::ca_certs::CaCerts;
use crate::command::Kubectl;
use crate::exposure::Revision;
use crate::istiod::{cluster_ids, domain, revision_of};
use crate::meant_for::Member;
use crate::mesh_config::RevisionConfig;
use crate::names::{CLUSTER_DOMAIN, CONTROL_PLANE_ANNOTATION, NETWORK_LABEL};
use crate::probe::{GatewayProbe, Roots};
use crate::read::Read;
use crate::remote_cluster::Address;
use crate::resources::{
    ApiGateway, DaemonSet, Deployment, IstioGateway, Node, PeerAuthentication, Pod, VirtualService,
};
use crate::secret::{KnownClusters, SecretFacts};
use serde::{Deserialize, Serialize};

/// The objects that were read of one cluster. Anything that could not be read has a reason, and checks that depend on
/// it are skipped.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSnapshot {
    /// The context that it was read through.
    pub context: String,
    /// Its API server as the context has it, without user name and password.
    pub address: Address,
    /// The kubectl flags that select it.
    pub kubectl: Kubectl,
    /// True if its API server is on this machine, as in test setups.
    pub is_local: bool,
    /// The seconds by which the clock of its API server is ahead of that of the machine that read it, for certain; negative if it is
    /// behind, and 0 within the error of measurement. `None` where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_ahead: Option<i64>,
    /// UID of its namespace kube-system.
    pub uid: Read<Option<String>>,
    /// Name of Istio's namespace.
    pub istio_namespace: String,
    /// Istio's namespace itself.
    pub namespace: Read<Option<Namespace>>,
    /// The istiods that run there.
    pub istiods: Read<Vec<Deployment>>,
    /// The istiods of the other namespaces.
    pub istiods_elsewhere: Read<Vec<Deployment>>,
    /// The revision that the istiods were narrowed to, if they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The revisions of the istiods that were left out for that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_revisions: Vec<Revision>,
    /// The tags of revisions, if a revision was asked for that no istiod has.
    pub tags: Read<BTreeMap<String, Revision>>,
    /// The secrets in Istio's namespace that have the label of remote secrets.
    pub secrets: Read<Vec<SecretFacts>>,
    /// The secrets of the other namespaces that have it.
    pub secrets_elsewhere: Read<Vec<SecretFacts>>,
    /// The secrets in Istio's namespace that were read by name, since they lack the label or were asked for.
    pub secrets_by_name: Read<BTreeMap<String, Read<Option<SecretFacts>>>>,
    /// The istiod pods that run there, and what each of them says; not asked if no check depends on it.
    pub istiod_pages: Read<Vec<AskedIstiod>>,
    /// The configuration of its mesh, one for each revision of istiod that has one.
    pub mesh_configs: Read<Vec<RevisionConfig>>,
    /// The root certificates that its proxies trust.
    pub roots: Read<Roots>,
    /// Those of them that are of istiod's own authority, where its mesh configuration has others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_roots: Option<Roots>,
    /// The Secret cacerts of Istio's namespace.
    pub ca_certs: Read<Option<CaCerts>>,
    /// Services that are gateways or look like gateways.
    pub services: Read<Vec<Service>>,
    /// Gateways of the Gateway API that have a network.
    pub api_gateways: Read<Vec<ApiGateway>>,
    /// Pods with the usual label of such gateways.
    pub usual_pods: Read<Vec<Pod>>,
    /// The pods behind each of the Services, by the Service's namespace and name.
    #[serde(with = "super::by_name")]
    pub pods: BTreeMap<(String, String), Read<Vec<Pod>>>,
    /// The nodes, if some gateway needs them.
    pub nodes: Read<Vec<Node>>,
    /// Istio's Gateways.
    pub istio_gateways: Read<Vec<IstioGateway>>,
    /// Istio's `VirtualServices`, if some Gateway needs them.
    pub virtual_services: Read<Vec<VirtualService>>,
    /// The Events about gateways without an address or pods, after they were requested.
    pub events: Read<Vec<Event>>,
    /// The addresses of the host names of gateways, as this machine resolves them.
    pub resolved_names: BTreeMap<String, Vec<IpAddr>>,
    /// The ports of gateways that were tested from this machine.
    pub gateway_probes: Read<Vec<GatewayProbe>>,
    /// The policies for mutual TLS, if the answer of a gateway needs them.
    pub peer_authentications: Read<Vec<PeerAuthentication>>,
    /// Some pods with a proxy that accepts mutual TLS.
    pub meshed_pods: Read<Vec<Pod>>,
    /// The Services in the namespaces of those pods.
    pub meshed_services: Read<Vec<Service>>,
    /// The result of reading the Services around the gateways' pods and those created for Gateways.
    pub nearby_services: Read<()>,
    /// The `ConfigMaps` in Istio's namespace that contain the values of an injector.
    pub injectors: Read<Vec<ConfigMap>>,
    /// The ztunnels.
    pub ztunnels: Read<Vec<DaemonSet>>,
    /// Some pods that an injector changed.
    pub injected_pods: Read<Vec<Pod>>,
    /// The lists of which only the beginning was read.
    pub cut_lists: Vec<CutList>,
}

impl ClusterSnapshot {
    /// Returns a snapshot of which no part was read yet.
    pub fn new(context: &str, address: Address, kubectl: Kubectl, istio_namespace: &str) -> Self {
        Self {
            context: context.to_owned(),
            address,
            kubectl,
            istio_namespace: istio_namespace.to_owned(),
            ..Self::default()
        }
    }

    /// Returns what is known of it as a cluster of the mesh.
    pub fn member(&self) -> Member {
        Member {
            context: self.context.clone(),
            address: self.address.clone(),
            uid: self.uid().filter(|uid| !uid.is_empty()).map(str::to_owned),
            ids: cluster_ids(self.istiods.items()),
        }
    }

    /// Returns the key of a Service in [`Self::pods`]: namespace and name.
    pub fn key(service: &Service) -> (String, String) {
        let meta = &service.metadata;
        (
            meta.namespace.clone().unwrap_or_default(),
            meta.name.clone().unwrap_or_default(),
        )
    }

    /// Returns the pods behind a Service, if it selects some.
    pub fn pods_behind(&self, service: &Service) -> Option<&Read<Vec<Pod>>> {
        self.pods.get(&Self::key(service))
    }

    /// Returns the secrets of Istio's namespace, those that were read by name included.
    pub fn secrets_of_namespace(&self) -> impl Iterator<Item = &SecretFacts> {
        let by_name = self.secrets_by_name.seen().into_iter();
        let by_name = by_name.flat_map(|by_name| by_name.values());
        let by_name = by_name.filter_map(|read| read.seen()?.as_ref());
        self.secrets.items().iter().chain(by_name)
    }

    /// Takes the secrets of Istio's namespace out of it, those that were read by name included: there may be thousands. If they were not
    /// read, the reason stays.
    pub fn take_secrets(&mut self) -> Vec<SecretFacts> {
        let secrets = self.secrets.seen_mut().map(std::mem::take);
        let mut secrets = secrets.unwrap_or_default();
        let by_name = std::mem::take(&mut self.secrets_by_name).or_default();
        secrets.extend(by_name.into_values().filter_map(|read| read.into_seen()?));
        secrets
    }

    /// Returns the remote clusters that each istiod knows, or the reason why one of them does not say it.
    pub fn known_clusters(&self) -> KnownClusters {
        match &self.istiod_pages {
            Read::Seen(pods) if pods.is_empty() => {
                let namespace = &self.istio_namespace;
                Read::Failed(format!("no istiod runs in namespace {namespace}").into())
            }
            Read::Seen(pods) => {
                let lists = pods.iter().map(|asked| asked.clusters.clone());
                Read::all(lists.map(|list| list.map(|list| vec![list])))
            }
            unread => unread.clone().map(|_| Vec::new()),
        }
    }

    /// Returns whether it is known that no istiod runs in Istio's namespace.
    pub fn is_without_istiod(&self) -> bool {
        self.istiods.seen().is_some_and(Vec::is_empty)
    }

    /// Returns whether another cluster's istiod manages it, which Istio's namespace says; `None` if that is unknown.
    pub fn is_managed_elsewhere(&self) -> Option<bool> {
        self.namespace.seen()?.as_ref()?;
        Some(self.control_plane_clusters().is_some())
    }

    /// Returns the annotation of Istio's namespace with the IDs of the clusters whose istiods manage it.
    pub fn control_plane_clusters(&self) -> Option<&str> {
        let namespace = self.namespace.seen()?.as_ref()?;
        let annotations = namespace.metadata.annotations.as_ref()?;
        annotations
            .get(CONTROL_PLANE_ANNOTATION)
            .map(String::as_str)
    }

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
            ("the mesh's ID", self.mesh_configs.reason()),
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

    /// Returns the configurations of its mesh that could be read.
    pub fn configs(&self) -> &[RevisionConfig] {
        self.mesh_configs.items()
    }

    /// Returns the ID of its mesh, as each configuration has it.
    pub fn mesh_ids(&self) -> impl Iterator<Item = &str> {
        let configs = self.configs().iter();
        configs.filter_map(|one| one.config.mesh_id.as_deref())
    }

    /// Returns ` of revision NAME` for a message about the configuration of one of several revisions, and nothing for that of the only one.
    pub(crate) fn of_revision(&self, revision: &Revision) -> String {
        if self.configs().len() < 2 {
            return String::new();
        }
        format!(" of revision {}", revision.word())
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
        domain(istiods).unwrap_or_else(|| CLUSTER_DOMAIN.to_owned())
    }

    /// Returns the revisions of its istiods, the one without a name first; only that one if none is known.
    pub fn revisions(&self) -> Vec<Revision> {
        let istiods = self.istiods.items().iter();
        let mut revisions: Vec<Revision> = istiods.map(revision_of).collect();
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
