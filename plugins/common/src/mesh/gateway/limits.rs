//! What each way to install a gateway has no words for.

use super::EastWestGateway;
use super::ports::STATUS;
use crate::mesh::Error;
use crate::mesh::names::ISTIO_SYSTEM;

/// The ways to install a gateway.
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

/// One error for each setting of `gateway` that `form` has no words for; nothing is left out in silence.
pub fn unexpressed(gateway: &EastWestGateway, form: Form) -> Vec<Error> {
    match form {
        Form::Manifest | Form::Iop => Vec::new(),
        Form::Helm => of_helm(gateway).into_iter().collect(),
        Form::GatewayApi => of_istiod(gateway)
            .into_iter()
            .chain(of_listeners(gateway))
            .collect(),
        Form::Ambient => {
            let ports = (!gateway.ports.are_usual()).then(|| {
                Error::usage("an ambient gateway has no --ports: the istiods of other clusters look for 15008 and nothing else")
            });
            of_istiod(gateway).into_iter().chain(ports).collect()
        }
    }
}

fn of_helm(gateway: &EastWestGateway) -> Option<Error> {
    let namespace = &gateway.namespace;
    (namespace != ISTIO_SYSTEM).then(|| {
        Error::usage(format!(
            "Helm values name no namespace, so --namespace {namespace} is Helm's to be told"
        ))
        .hint(format!(
            "leave it away here, and: helm install {} istio/gateway -n {namespace} -f -",
            gateway.name
        ))
    })
}

/// istiod makes Deployment and Service from the Gateway, and what the Gateway does not say it fills in by itself.
/// Source: `files/kube-gateway.yaml` and `files/waypoint.yaml` of the chart istiod.
fn of_istiod(gateway: &EastWestGateway) -> Vec<Error> {
    let service = &gateway.service;
    let silent = [
        ("--replicas", gateway.replicas.is_some()),
        (
            "--load-balancer-class",
            service.load_balancer_class.is_some(),
        ),
        ("--external-ip", !service.external_ips.is_empty()),
    ];
    silent
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(flag, _)| {
            Error::usage(format!("a Gateway of the Gateway API has no field for {flag}"))
                .hint("use --format manifest, or give istiod a ConfigMap by spec.infrastructure.parametersRef")
        })
        .collect()
}

fn of_listeners(gateway: &EastWestGateway) -> Vec<Error> {
    let mut errors = Vec::new();
    if !gateway
        .ports
        .iter()
        .any(|port| port.name == STATUS && port.port == 15021)
    {
        errors.push(
            Error::usage(
                "istiod publishes status-port 15021 of every Gateway, and no other port for it",
            )
            .hint("begin --ports with status-port"),
        );
    }
    for port in gateway.ports.iter() {
        if let Some(target) = port.target.filter(|target| *target != port.port) {
            let (name, number) = (&port.name, port.port);
            errors.push(
                Error::usage(format!(
                    "a listener has one port: {name}={number}:{target} names two"
                ))
                .hint(format!("--ports …,{name}={number}")),
            );
        }
    }
    errors
}
