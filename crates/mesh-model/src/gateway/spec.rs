//! A gateway as a user describes it, in flags or in a file, and its validation.

use std::collections::BTreeMap;

use super::{
    EastWestGateway, Form, GatewayService, IpFamily, IpFamilyPolicy, Ports, Scheduling,
    ServiceType, TrafficPolicy, node_values, unexpressed, values,
};
use crate::Error;
use crate::command::{Command, Knob, Step};
use crate::exposure::{ClusterDomain, Revision};
use crate::names::{EAST_WEST_GATEWAY, NETWORK_LABEL};
use crate::network::NetworkName;

/// A gateway as the user described it. Texts are not validated yet, and none of them is empty: [`Self::resolve`]
/// validates all of them, so that all errors are reported at once. `None` is the default.
#[derive(Debug, Clone, Default)]
pub struct GatewaySpec {
    /// The network of the cluster.
    pub network: Option<String>,
    /// True for a gateway without a network, for virtual machines in a mesh of one cluster.
    pub single_cluster: bool,
    /// True for a gateway of ambient mode.
    pub ambient: bool,
    /// The revision of the control plane that configures it.
    pub revision: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// The type of its Service.
    pub service_type: Option<ServiceType>,
    /// Annotations of its Service, each `KEY=VALUE`.
    pub annotations: Vec<String>,
    /// The class of its load balancer.
    pub load_balancer_class: Option<String>,
    /// External IPs of its Service.
    pub external_ips: Vec<String>,
    /// The address that is requested from its load balancer.
    pub load_balancer_ip: Option<String>,
    /// The networks, in CIDR notation, from which its load balancer accepts connections.
    pub load_balancer_source_ranges: Vec<String>,
    /// The routing policy for external traffic.
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// The routing policy for internal traffic.
    pub internal_traffic_policy: Option<TrafficPolicy>,
    /// The IP family policy of its Service.
    pub ip_family_policy: Option<IpFamilyPolicy>,
    /// The IP families of its Service.
    pub ip_families: Vec<IpFamily>,
    /// Labels of the nodes that its pods run on, each `KEY=VALUE`.
    pub node_selector: Vec<String>,
    /// Taints that its pods tolerate, each `KEY[=VALUE][:EFFECT]`.
    pub tolerations: Vec<String>,
    /// The platform of the cluster, by its name in Istio's charts.
    pub platform: Option<String>,
    /// The number of its pods, in place of an autoscaler.
    pub replicas: Option<String>,
    /// All ports of its Service, each `NAME=PORT`, `NAME=PORT:TARGETPORT` or the NAME of a default port.
    pub ports: Vec<String>,
}

impl GatewaySpec {
    /// Returns the gateway for the form of installation `form`, which is [`Form::Ambient`] if `ambient` is set.
    ///
    /// # Errors All values that are not valid, and all that `form` cannot express, joined.
    pub fn resolve(&self, form: Form) -> Result<EastWestGateway, Error> {
        let mut errors = Vec::new();
        let gateway = EastWestGateway {
            network: keep(self.checked_network(), &mut errors).flatten(),
            revision: keep(self.checked_revision(), &mut errors).flatten(),
            name: keep(values::name(self.name()), &mut errors).unwrap_or_default(),
            namespace: self.namespace.clone(),
            ports: keep(self.checked_ports(form), &mut errors).unwrap_or_default(),
            service: self.service(&mut errors),
            replicas: keep(self.checked_replicas(), &mut errors).flatten(),
            scheduling: self.scheduling(&mut errors),
            platform: self.platform.clone(),
            cluster_domain: ClusterDomain::default(),
        };
        errors.extend(unexpressed(&gateway, form));
        Error::all(errors).map_or(Ok(gateway), Err)
    }

    /// Returns whether the gateway needs a network.
    pub fn needs_network(&self) -> bool {
        self.ambient || !self.single_cluster
    }

    /// Returns the name of the gateway, the default one if none was given.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(EAST_WEST_GATEWAY)
    }

    /// As in Istio's gen-eastwest-gateway.sh, `single_cluster` wins over `network`, except in ambient mode, which has no gateway
    /// without one.
    fn checked_network(&self) -> Result<Option<NetworkName>, Error> {
        let network = self.network.as_deref();
        let network = network.map(str::parse).transpose()?;
        match (network, self.single_cluster, self.ambient) {
            (_, true, false) => Ok(None),
            (Some(network), _, _) => Ok(Some(network)),
            (None, _, true) => Err(missing(
                &self.namespace,
                "the network is missing, without which there is no ambient gateway",
                Step::new("name the network of the gateway's cluster with ").knob(Knob::Network),
            )),
            (None, false, false) => Err(missing(
                &self.namespace,
                "the network of the gateway's cluster is missing",
                Step::new("name the network with ")
                    .knob(Knob::Network)
                    .text(", or add ")
                    .knob(Knob::SingleCluster)
                    .text(" for virtual machines in a mesh of one cluster"),
            )),
        }
    }

    fn checked_revision(&self) -> Result<Option<String>, Error> {
        // It is only validated here: the script keeps even `default`, which means the same as none.
        let revision = self.revision.as_deref();
        revision.map(str::parse::<Revision>).transpose()?;
        Ok(self.revision.clone())
    }

    fn checked_replicas(&self) -> Result<Option<u32>, Error> {
        let replicas = self.replicas.as_deref();
        replicas.map(values::replicas).transpose()
    }

    /// istiod's ports are left out of a Gateway by default: its listeners would conflict with the Istio objects that expose
    /// istiod.
    fn checked_ports(&self, form: Form) -> Result<Ports, Error> {
        match (self.ports.is_empty(), form) {
            (false, _) => {
                Error::gather(self.ports.iter().map(|port| port.parse())).and_then(Ports::new)
            }
            (true, Form::GatewayApi) => Ok(Ports::network_only()),
            (true, Form::Manifest | Form::Iop | Form::Helm | Form::Ambient) => Ok(Ports::default()),
        }
    }

    fn service(&self, errors: &mut Vec<Error>) -> GatewayService {
        let service_type = self.service_type.unwrap_or_default();
        let class = self.load_balancer_class.as_deref();
        let class = class.map(|class| values::class(class, service_type));
        let mut external_ips = Vec::new();
        for address in self
            .external_ips
            .iter()
            .map(|address| values::external_ip(address))
        {
            let address = keep(address, errors);
            external_ips.extend(address.filter(|address| !external_ips.contains(address)));
        }
        let balanced = self.load_balancer_ip.as_deref();
        let balanced = balanced.map(|address| values::load_balancer_ip(address, service_type));
        let mut ranges: Vec<String> = Vec::new();
        for range in &self.load_balancer_source_ranges {
            let range = keep(values::source_range(range, service_type), errors);
            ranges.extend(range.filter(|range| !ranges.contains(range)));
        }
        let is_outside = service_type != ServiceType::ClusterIp || !external_ips.is_empty();
        if self.external_traffic_policy.is_some() && !is_outside {
            errors.push(
                Error::usage("an external traffic policy is for external traffic, and a Service of type ClusterIP has none")
                    .hint(
                        Step::new("omit ")
                            .knob(Knob::ExternalTrafficPolicy)
                            .text(" or ")
                            .knob(Knob::ServiceType),
                    ),
            );
        }
        let service = GatewayService {
            service_type,
            annotations: self.annotations(errors),
            load_balancer_class: class.and_then(|class| keep(class, errors)),
            external_ips,
            load_balancer_ip: balanced.and_then(|address| keep(address, errors)),
            load_balancer_source_ranges: ranges,
            external_traffic_policy: self.external_traffic_policy,
            internal_traffic_policy: self.internal_traffic_policy,
            ip_family_policy: self.ip_family_policy,
            ip_families: self.ip_families.clone(),
        };
        errors.extend(values::ip_families(&service));
        service
    }

    fn scheduling(&self, errors: &mut Vec<Error>) -> Scheduling {
        let mut scheduling = Scheduling::default();
        for text in &self.node_selector {
            let Some((key, value)) = keep(node_values::label(text), errors) else {
                continue;
            };
            let before = scheduling.node_selector.insert(key.clone(), value.clone());
            if before.is_some_and(|before| before != value) {
                errors.push(Error::usage(format!(
                    "node selector {key} is given two values"
                )));
            }
        }
        for text in &self.tolerations {
            let toleration = keep(node_values::toleration(text), errors);
            let new = toleration.filter(|one| !scheduling.tolerations.contains(one));
            scheduling.tolerations.extend(new);
        }
        scheduling
    }

    fn annotations(&self, errors: &mut Vec<Error>) -> BTreeMap<String, String> {
        let mut annotations = BTreeMap::new();
        for text in &self.annotations {
            let Some((key, value)) = keep(values::annotation(text), errors) else {
                continue;
            };
            if annotations
                .insert(key.clone(), value.clone())
                .is_some_and(|before| before != value)
            {
                errors.push(Error::usage(format!(
                    "annotation {key} is given two values"
                )));
            }
        }
        annotations
    }
}

fn missing(namespace: &str, sentence: &str, hint: Step) -> Error {
    Error::usage(sentence)
        .hint(
            Command::new("kubectl get namespace")
                .arg(namespace)
                .flag("-L", NETWORK_LABEL),
        )
        .hint(hint)
}

/// Returns the value, if it is valid; an error is added to `errors`.
fn keep<T>(result: Result<T, Error>, errors: &mut Vec<Error>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}
