//! The flags of a gateway, checked; nothing later looks at a raw flag.

use std::collections::BTreeMap;

use mesh_common::model::Error;
use mesh_common::model::command::Command;
use mesh_common::model::exposure::{ClusterDomain, Revision};
use mesh_common::model::gateway::{
    EastWestGateway, Form, GatewayService, Ports, Scheduling, ServiceType, unexpressed,
};
use mesh_common::model::names::{EAST_WEST_GATEWAY, NETWORK_LABEL};
use mesh_common::model::network::NetworkName;
use mesh_common::terminal::flags::given;

use super::GatewayFlags;
use super::{words, words_of_nodes};

impl GatewayFlags {
    /// The gateway that they ask for, to be installed by way of `form`, which is [`Form::Ambient`] where `ambient` is set.
    ///
    /// # Errors
    /// All that is wrong with the flags, and all that `form` has no words for, joined.
    pub(crate) fn resolve(&self, form: Form) -> Result<EastWestGateway, Error> {
        let mut errors = Vec::new();
        let gateway = EastWestGateway {
            network: keep(self.network(), &mut errors).flatten(),
            revision: keep(self.revision(), &mut errors).flatten(),
            name: keep(self.name(), &mut errors).unwrap_or_default(),
            namespace: self.namespace.resolve().to_owned(),
            ports: keep(self.ports(form), &mut errors).unwrap_or_default(),
            service: self.service(&mut errors),
            replicas: keep(self.replicas(), &mut errors).flatten(),
            scheduling: self.scheduling(&mut errors),
            platform: self.platform.map(|platform| platform.word().to_owned()),
            cluster_domain: ClusterDomain::default(),
        };
        errors.extend(unexpressed(&gateway, form));
        Error::all(errors).map_or(Ok(gateway), Err)
    }

    /// What is worth saying though nothing is wrong.
    pub(crate) fn warnings(&self, gateway: &EastWestGateway) -> Vec<String> {
        let mut warnings = gateway.warnings();
        if let (Some(network), None) = (given(self.network.as_deref()), &gateway.network) {
            warnings.push(format!(
                "--single-cluster leaves --network {network} out, as gen-eastwest-gateway.sh does"
            ));
        }
        warnings
    }

    /// As in the script, `--single-cluster` wins over `--network` except in ambient mode, which has no gateway without one.
    fn network(&self) -> Result<Option<NetworkName>, Error> {
        let network = given(self.network.as_deref())
            .map(|network| network.parse())
            .transpose()?;
        match (network, self.single_cluster, self.ambient) {
            (_, true, false) => Ok(None),
            (Some(network), _, _) => Ok(Some(network)),
            (None, _, true) => Err(missing(
                self.namespace.resolve(),
                "--network is missing, without which there is no ambient gateway",
                "name with --network the network of the cluster that the gateway leads into",
            )),
            (None, false, false) => Err(missing(
                self.namespace.resolve(),
                "--network is missing, that of the cluster that the gateway leads into",
                "name the network with --network, or add --single-cluster for virtual machines in a mesh of one cluster",
            )),
        }
    }

    fn revision(&self) -> Result<Option<String>, Error> {
        let revision = given(self.revision.as_deref());
        // Only whether it may be one is asked here: the script keeps even `default`, which means the same as none.
        revision
            .as_deref()
            .map(str::parse::<Revision>)
            .transpose()?;
        Ok(revision)
    }

    fn name(&self) -> Result<String, Error> {
        let name = given(self.name.as_deref());
        name.map_or_else(
            || Ok(EAST_WEST_GATEWAY.to_owned()),
            |name| words::name(&name),
        )
    }

    fn replicas(&self) -> Result<Option<u32>, Error> {
        let replicas = given(self.replicas.as_deref());
        replicas.as_deref().map(words::replicas).transpose()
    }

    /// istiod's ports are left out of a Gateway unless asked for: its listeners would stand in the way of the Istio objects
    /// that expose istiod.
    fn ports(&self, form: Form) -> Result<Ports, Error> {
        let ports: Vec<&String> = not_empty(&self.ports).collect();
        match (ports.is_empty(), form) {
            (false, _) => {
                Error::gather(ports.into_iter().map(|port| port.parse())).and_then(Ports::new)
            }
            (true, Form::GatewayApi) => Ok(Ports::network_only()),
            (true, Form::Manifest | Form::Iop | Form::Helm | Form::Ambient) => Ok(Ports::default()),
        }
    }

    fn service(&self, errors: &mut Vec<Error>) -> GatewayService {
        let service_type = self
            .service_type
            .map_or_else(ServiceType::default, Into::into);
        let class = given(self.load_balancer_class.as_deref())
            .map(|class| words::class(&class, service_type));
        let mut external_ips = Vec::new();
        for address in not_empty(&self.external_ips).map(|address| words::external_ip(address)) {
            let address = keep(address, errors);
            external_ips.extend(address.filter(|address| !external_ips.contains(address)));
        }
        let balanced = given(self.load_balancer_ip.as_deref())
            .map(|address| words::load_balancer_ip(&address, service_type));
        let mut ranges: Vec<String> = Vec::new();
        for range in not_empty(&self.load_balancer_source_ranges) {
            let range = keep(words::source_range(range, service_type), errors);
            ranges.extend(range.filter(|range| !ranges.contains(range)));
        }
        let external_traffic_policy = self.external_traffic_policy.map(Into::into);
        let is_outside = service_type != ServiceType::ClusterIp || !external_ips.is_empty();
        if external_traffic_policy.is_some() && !is_outside {
            errors.push(
                Error::usage("--external-traffic-policy is for what comes from outside, and nothing does to a Service of type ClusterIP")
                    .hint("leave one of the two away"),
            );
        }
        let service = GatewayService {
            service_type,
            annotations: self.annotations(errors),
            load_balancer_class: class.and_then(|class| keep(class, errors)),
            external_ips,
            load_balancer_ip: balanced.and_then(|address| keep(address, errors)),
            load_balancer_source_ranges: ranges,
            external_traffic_policy,
            internal_traffic_policy: self.internal_traffic_policy.map(Into::into),
            ip_family_policy: self.ip_family_policy.map(Into::into),
            ip_families: self.ip_families.iter().map(|one| (*one).into()).collect(),
        };
        errors.extend(words::ip_families(&service));
        service
    }

    fn scheduling(&self, errors: &mut Vec<Error>) -> Scheduling {
        let mut scheduling = Scheduling::default();
        for text in not_empty(&self.node_selector) {
            let Some((key, value)) = keep(words_of_nodes::label(text), errors) else {
                continue;
            };
            let before = scheduling.node_selector.insert(key.clone(), value.clone());
            if before.is_some_and(|before| before != value) {
                errors.push(Error::usage(format!(
                    "--node-selector {key} is given two values"
                )));
            }
        }
        for text in not_empty(&self.tolerations) {
            let toleration = keep(words_of_nodes::toleration(text), errors);
            let new = toleration.filter(|one| !scheduling.tolerations.contains(one));
            scheduling.tolerations.extend(new);
        }
        scheduling
    }

    fn annotations(&self, errors: &mut Vec<Error>) -> BTreeMap<String, String> {
        let mut annotations = BTreeMap::new();
        for text in not_empty(&self.annotations) {
            let Some((key, value)) = keep(words::annotation(text), errors) else {
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

fn missing(namespace: &str, sentence: &str, hint: &str) -> Error {
    Error::usage(sentence)
        .hint(
            Command::new("kubectl get namespace")
                .arg(namespace)
                .flag("-L", NETWORK_LABEL),
        )
        .hint(hint)
}

/// An empty text is as if it was not given, as with the flags that are given once.
fn not_empty(texts: &[String]) -> impl Iterator<Item = &String> {
    texts.iter().filter(|text| !text.is_empty())
}

/// The value, where it is good; what is wrong joins `errors`.
pub(super) fn keep<T>(result: Result<T, Error>, errors: &mut Vec<Error>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}
