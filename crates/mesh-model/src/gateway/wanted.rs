//! What a gateway is to be.

use super::{GatewayService, Ports, Scheduling, ServiceType};
use crate::exposure::ClusterDomain;
use crate::names::{EAST_WEST_GATEWAY, ISTIO_SYSTEM, NODE_SELECTOR_ANNOTATION};
use crate::network::NetworkName;

/// An east-west gateway as somebody wants it, whatever it is installed with.
#[derive(Debug, Clone)]
pub struct EastWestGateway {
    /// Name of its Service, Deployment and account; a DNS label that begins with a letter.
    pub name: String,
    /// Where it runs, which is where Istio's control plane runs.
    pub namespace: String,
    /// The network that it leads into; `None` for a mesh of one cluster.
    pub network: Option<NetworkName>,
    /// The revision of the control plane that configures it; `None` is the default one.
    pub revision: Option<String>,
    /// The ports of its Service.
    pub ports: Ports,
    /// How its Service is reached.
    pub service: GatewayService,
    /// How many pods, always; `None` leaves it to an autoscaler between 1 and 5.
    pub replicas: Option<u32>,
    /// Which nodes its pods run on.
    pub scheduling: Scheduling,
    /// The platform of the cluster as Istio's charts know it, such as `openshift`.
    pub platform: Option<String>,
    /// The domain of the cluster's Services, where the gateway itself names what it hands on.
    pub cluster_domain: ClusterDomain,
}

impl Default for EastWestGateway {
    fn default() -> Self {
        Self {
            name: EAST_WEST_GATEWAY.to_owned(),
            namespace: ISTIO_SYSTEM.to_owned(),
            network: None,
            revision: None,
            ports: Ports::default(),
            service: GatewayService::default(),
            replicas: None,
            scheduling: Scheduling::default(),
            platform: None,
            cluster_domain: ClusterDomain::default(),
        }
    }
}

impl EastWestGateway {
    /// The value of the label `istio`, by which Istio's own Gateway objects select the pods: the name without `istio-`.
    /// Source: `gateway.selectorLabels` in `templates/_helpers.tpl` of Istio's chart gateway.
    pub fn istio_label(&self) -> &str {
        self.name.strip_prefix("istio-").unwrap_or(&self.name)
    }

    /// The port of its Service that has to be named by a label, since istiod would look for 15443.
    pub(super) fn unusual_tls_port(&self) -> Option<u16> {
        let port = self.ports.tls();
        (self.network.is_some() && port != super::DEFAULT_TLS_PORT).then_some(port)
    }

    /// What keeps istiods from finding an address for it, though the objects are right.
    ///
    /// Source: `convertService` in Istio's `pilot/pkg/serviceregistry/kube/conversion.go`.
    pub fn warnings(&self) -> Vec<String> {
        if self.network.is_none() || !self.service.external_ips.is_empty() {
            return Vec::new();
        }
        match self.service.service_type {
            ServiceType::LoadBalancer => Vec::new(),
            ServiceType::NodePort
                if self
                    .service
                    .annotations
                    .contains_key(NODE_SELECTOR_ANNOTATION) =>
            {
                Vec::new()
            }
            ServiceType::NodePort => vec![format!(
                "istiod takes no address from a NodePort Service without the annotation {NODE_SELECTOR_ANNOTATION}; for all nodes: --annotation {NODE_SELECTOR_ANNOTATION}='{{}}'"
            )],
            ServiceType::ClusterIp => vec![
                "istiod finds no address of a ClusterIP Service that other networks could reach; leave --service-type away for a load balancer"
                    .to_owned(),
            ],
        }
    }
}
