//! The requested gateway.

use super::{GatewayService, Ports, Scheduling, ServiceType};
use crate::command::{Knob, Step};
use crate::event::Event;
use crate::exposure::ClusterDomain;
use crate::names::{EAST_WEST_GATEWAY, ISTIO_SYSTEM, NODE_SELECTOR_ANNOTATION};
use crate::network::NetworkName;

/// A requested east-west gateway, independent of the form of installation.
#[derive(Debug, Clone)]
pub struct EastWestGateway {
    /// Name of its Service, Deployment and account; a DNS label that begins with a letter.
    pub name: String,
    /// Its namespace, which is that of Istio's control plane.
    pub namespace: String,
    /// The network that it is the gateway of; `None` for a mesh of one cluster.
    pub network: Option<NetworkName>,
    /// The revision of the control plane that configures it; `None` is the default one.
    pub revision: Option<String>,
    /// The ports of its Service.
    pub ports: Ports,
    /// The settings of its Service.
    pub service: GatewayService,
    /// The fixed number of pods; with `None` an autoscaler keeps it between 1 and 5.
    pub replicas: Option<u32>,
    /// The nodes that its pods run on.
    pub scheduling: Scheduling,
    /// The platform of the cluster, by its name in Istio's charts, such as `openshift`.
    pub platform: Option<String>,
    /// The domain of the cluster's Services, for forms in which the gateway itself lists the hosts that it forwards.
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
    /// Returns the value of the label `istio`, by which Istio's own Gateway objects select the pods: the name without
    /// `istio-`. Source: `gateway.selectorLabels` in `templates/_helpers.tpl` of Istio's chart gateway.
    pub fn istio_label(&self) -> &str {
        self.name.strip_prefix("istio-").unwrap_or(&self.name)
    }

    /// Returns the port of its Service that needs a label, because istiod's default is 15443.
    pub(super) fn unusual_tls_port(&self) -> Option<u16> {
        let port = self.ports.tls();
        (self.network.is_some() && port != crate::services_port::SERVICES_PORT).then_some(port)
    }

    /// Returns the reasons why istiods find no address for it although the objects are valid.
    ///
    /// Source: `convertService` in Istio's `pilot/pkg/serviceregistry/kube/conversion.go`.
    pub fn warnings(&self) -> Vec<Event> {
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
            ServiceType::NodePort => vec![Event::Warning {
                text: format!(
                    "istiod finds no address for a NodePort Service without the annotation {NODE_SELECTOR_ANNOTATION}"
                ),
                hints: vec![
                    Step::new("for all nodes: ")
                        .set(
                            Knob::Annotation,
                            format!("{NODE_SELECTOR_ANNOTATION}='{{}}'"),
                        )
                        .into(),
                ],
            }],
            ServiceType::ClusterIp => vec![Event::Warning {
                text: "a ClusterIP Service has no address that other networks can reach".to_owned(),
                hints: vec![
                    Step::new("omit ")
                        .knob(Knob::ServiceType)
                        .text(" to get a load balancer")
                        .into(),
                ],
            }],
        }
    }
}
