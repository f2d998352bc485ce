//! The settings that a form of installation cannot express.

use super::ports::STATUS;
use super::{EastWestGateway, GatewayPort};
use crate::Error;
use crate::command::{Knob, Remedy, Step};
use crate::names::ISTIO_SYSTEM;

/// The forms of installation of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Objects for kubectl.
    Manifest,
    /// An IstioOperator for istioctl.
    Iop,
    /// Values for Helm.
    Helm,
    /// A Gateway of class `istio`.
    GatewayApi,
    /// A Gateway of class `istio-east-west`.
    Ambient,
}

/// Returns one error for each setting of `gateway` that `form` cannot express; no setting is dropped silently.
pub fn unexpressed(gateway: &EastWestGateway, form: Form) -> Vec<Error> {
    match form {
        Form::Manifest | Form::Iop => Vec::new(),
        Form::Helm => of_helm(gateway).into_iter().collect(),
        Form::GatewayApi => {
            let hint = Step::new("use ").set(Knob::Format, "manifest").into();
            of_istiod(gateway, hint)
                .chain(of_listeners(gateway))
                .collect()
        }
        Form::Ambient => {
            let hint = "give istiod a ConfigMap with it by spec.infrastructure.parametersRef of the Gateway".into();
            let ports = (!gateway.ports.are_usual()).then(|| {
                Error::usage("the ports of an ambient gateway are fixed: the istiods of other clusters look for 15008 and nothing else")
                    .hint(Step::new("omit ").knob(Knob::Ports))
            });
            of_istiod(gateway, hint).chain(ports).collect()
        }
    }
}

fn of_helm(gateway: &EastWestGateway) -> Option<Error> {
    let namespace = &gateway.namespace;
    (namespace != ISTIO_SYSTEM).then(|| {
        Error::usage(format!(
            "Helm values name no namespace, so pass namespace {namespace} to helm install"
        ))
        .hint(format!(
            "omit it here, and pass -n {namespace} to helm install"
        ))
    })
}

/// Returns an error for each setting that a Gateway cannot contain. istiod creates Deployment and Service for it, and
/// sets by itself what a Gateway cannot contain; the platform is the one that istiod was installed for. The addresses
/// of a Gateway become `loadBalancerIP` of its Service, which is not the same as external IPs. Source:
/// `files/kube-gateway.yaml` and `files/waypoint.yaml` of the chart istiod.
fn of_istiod(gateway: &EastWestGateway, hint: Remedy) -> impl Iterator<Item = Error> {
    let service = &gateway.service;
    let silent = [
        ("the number of replicas", gateway.replicas.is_some()),
        (
            "the class of a load balancer",
            service.load_balancer_class.is_some(),
        ),
        ("external IPs", !service.external_ips.is_empty()),
        (
            "source ranges of a load balancer",
            !service.load_balancer_source_ranges.is_empty(),
        ),
        (
            "an external traffic policy",
            service.external_traffic_policy.is_some(),
        ),
        (
            "an internal traffic policy",
            service.internal_traffic_policy.is_some(),
        ),
        ("an IP family policy", service.ip_family_policy.is_some()),
        ("IP families", !service.ip_families.is_empty()),
        (
            "a node selector",
            !gateway.scheduling.node_selector.is_empty(),
        ),
        ("tolerations", !gateway.scheduling.tolerations.is_empty()),
        ("the platform", gateway.platform.is_some()),
    ];
    let given = silent.into_iter().filter(|(_, given)| *given);
    given.map(move |(setting, _)| {
        Error::usage(format!(
            "a Gateway of the Gateway API has no field for {setting}"
        ))
        .hint(hint.clone())
    })
}

fn of_listeners(gateway: &EastWestGateway) -> Vec<Error> {
    let mut errors = Vec::new();
    if !gateway.ports.iter().any(is_istiods_own) {
        errors.push(Error::usage(
            "istiod publishes status-port 15021 of every Gateway, and no other port for it",
        ));
    }
    for port in gateway.ports.iter() {
        if let Some(target) = port.target.filter(|target| *target != port.port) {
            let (name, number) = (&port.name, port.port);
            errors.push(Error::usage(format!(
                "a listener has one port: {name}={number}:{target} names two"
            )));
        }
    }
    let others = gateway.ports.iter().filter(|port| port.name != STATUS);
    let possible: Vec<String> = others
        .map(|port| format!("{}={}", port.name, port.port))
        .collect();
    let hint = Remedy::add(Knob::Ports, &format!("{STATUS},{}", possible.join(",")));
    errors.into_iter().map(|error| error.hint(&hint)).collect()
}

fn is_istiods_own(port: &GatewayPort) -> bool {
    port.name == STATUS && port.port == 15021
}
