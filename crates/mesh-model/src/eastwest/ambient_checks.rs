//! Checks of a Gateway of the Gateway API.

use super::remedies::generate_ambient;
use super::warned::with_newest;
use super::{About, ClusterSnapshot, Gateway};
use crate::finding::{CheckId, Finding, Severity};
use crate::resources::{ApiGateway, Listener};

/// The class that istiod creates an east-west gateway for. Source: `EastWestGatewayClassName` in Istio's
/// `pkg/config/constants`.
const CLASS: &str = "istio-east-west";

/// Returns the problems of the Gateway that a gateway was created for, if any.
pub(super) fn of_api_gateway(gateway: &Gateway, cluster: &ClusterSnapshot) -> Vec<Finding> {
    let Some(api) = &gateway.api else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if let Some(why) = spec(api) {
        let message = format!("{} {why}", gateway.described());
        let finding = Finding::new(CheckId::AmbientEwgSpec, Severity::Error, message);
        findings.push(finding.fix(generate_ambient(gateway, cluster)));
    }
    if let Some(why) = status(api) {
        let message = format!(
            "{} {why}: other clusters use only the address in its status",
            gateway.described()
        );
        let fix = cluster
            .kubectl
            .in_namespace(&gateway.namespace)
            .words("describe gateways.gateway.networking.k8s.io")
            .arg(&gateway.name);
        let finding = Finding::new(CheckId::AmbientEwgStatus, Severity::Error, message).fix(fix);
        findings.push(with_newest(finding, gateway, About::Service, cluster));
    }
    findings
}

/// Source: `pilot/pkg/serviceregistry/ambient/networks.go` and `multicluster.go` of Istio.
fn spec(api: &ApiGateway) -> Option<String> {
    let class = &api.spec.gateway_class_name;
    let hbone = |listener: &&Listener| listener.protocol == "HBONE";
    let found = api.spec.listeners.iter().find(hbone);
    let Some(listener) = found else {
        return (class == CLASS).then(|| "has no listener of protocol HBONE".to_owned());
    };
    if class != CLASS {
        return Some(format!(
            "is of class {class:?} and has an HBONE listener, which only class {CLASS} serves to other networks"
        ));
    }
    if listener.port != 15008 {
        return Some(format!(
            "has its HBONE listener at port {}, and the other clusters call 15008",
            listener.port
        ));
    }
    let mode = listener
        .tls
        .as_ref()
        .map(|tls| tls.mode.as_deref().unwrap_or("Terminate"));
    (mode != Some("Terminate"))
        .then(|| "does not terminate TLS at its HBONE listener (tls.mode Terminate)".to_owned())
}

fn status(api: &ApiGateway) -> Option<String> {
    let condition = api
        .status
        .conditions
        .iter()
        .find(|one| one.type_ == "Programmed");
    match condition {
        None => Some("is not programmed: no istiod has taken it up".to_owned()),
        Some(one) if one.status != "True" => Some(format!("is not programmed ({})", one.message)),
        Some(_) if api.status.addresses.is_empty() => Some("has no address".to_owned()),
        Some(_) => None,
    }
}
