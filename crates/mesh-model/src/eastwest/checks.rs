//! Checks of a gateway's own objects.

use super::address::node_selector;
use super::address_checks::{address, hosts_and_loopback, mixed};
use super::ambient_checks::of_api_gateway;
use super::gateway::key;
use super::remedies::{change_service, expose_services, generate, label_network};
use super::revision_checks::revision_gone;
use super::verdict::look_at_pods;
use super::verdict_tls::because;
use super::warned::with_newest;
use super::{About, AddressKind, ClusterSnapshot, Exposure, Gateway};
use crate::command::{Knob, Step};
use crate::finding::{CheckId, Finding, Place, Severity};
use crate::injector::awaits_injection;
use crate::names::{
    EAST_WEST_GATEWAY, GATEWAY_PORT_LABEL, NETWORK_LABEL, NODE_SELECTOR_ANNOTATION,
};
use crate::resources::Pod;
use crate::services_port::{SERVICES_PORT, labelled, services_port};
use crate::statements::network_views;
use crate::whose::is_remote_service;

/// Returns the problems of a gateway that are visible before any connection.
pub fn check(
    gateway: &Gateway,
    exposure: &Exposure<'_>,
    cluster: &ClusterSnapshot,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(label(gateway, exposure, cluster));
    findings.extend(ports(gateway, cluster));
    findings.extend(of_api_gateway(gateway, cluster));
    findings.extend(nodes(gateway, cluster));
    findings.extend(address(gateway, cluster));
    findings.extend(hosts_and_loopback(gateway, cluster));
    findings.extend(mixed(gateway));
    findings.extend(pods(gateway, cluster));
    findings.extend(revision_gone(gateway, cluster));
    findings.extend(view(gateway, cluster));
    findings.extend(exposed(gateway, exposure, cluster));
    let place = Place {
        cluster: Some(&cluster.context),
        peer: None,
        object: Some(gateway.reference()),
    };
    findings
        .into_iter()
        .map(|finding| finding.placed(&place))
        .collect()
}

/// Returns the finding about a cluster that has no gateway at all.
pub fn missing(cluster: &ClusterSnapshot) -> Option<Finding> {
    no_gateway(cluster).map(|finding| finding.in_cluster(&cluster.context))
}

const NONE_IS_NEEDED: &str = "no east-west gateway; a mesh on one network needs none";

/// Makes a note of the finding that there is no gateway, which a mesh on one network needs none of.
pub(super) fn note_that_none_is_needed(missing: &mut Finding) {
    missing.severity = Severity::Info;
    missing.fix = None;
    let is_of_a_gateway = missing.details().is_some_and(|one| one.object.is_some());
    if !is_of_a_gateway {
        NONE_IS_NEEDED.clone_into(&mut missing.message);
    }
}

fn no_gateway(cluster: &ClusterSnapshot) -> Option<Finding> {
    let is_known = cluster.namespace.is_seen() && Gateway::are_known(cluster);
    if !is_known || !Gateway::all(cluster).is_empty() {
        return None;
    }
    let Some(network) = cluster.network() else {
        return Some(Finding::new(
            CheckId::EwgMissing,
            Severity::Info,
            NONE_IS_NEEDED,
        ));
    };
    let message = format!(
        "no Service has the label {NETWORK_LABEL}: the other networks cannot reach {network}"
    );
    let Some(remote) = in_its_place(cluster) else {
        return Some(
            Finding::new(CheckId::EwgMissing, Severity::Error, message)
                .fix(generate(network, cluster)),
        );
    };
    let message = format!(
        "no Service of this cluster's own gateway has the label {NETWORK_LABEL} (service {remote} describes a gateway of another cluster): the other networks cannot reach {network}"
    );
    let fix = Step::new(format!(
        "install an east-west gateway under another name than {EAST_WEST_GATEWAY} ("
    ))
    .knob(Knob::Name)
    .text(format!("): service {remote} is not to be changed"));
    Some(Finding::new(CheckId::EwgMissing, Severity::Error, message).fix(fix))
}

/// Returns the Service that describes a gateway of another cluster and has the name that a gateway of this cluster
/// would get.
fn in_its_place(cluster: &ClusterSnapshot) -> Option<String> {
    let place = (&cluster.istio_namespace, EAST_WEST_GATEWAY);
    let services = cluster.services.items();
    let mut remote = services
        .iter()
        .filter(|service| is_remote_service(service, cluster.network()));
    remote.find_map(|service| {
        let (namespace, name) = key(service);
        ((&namespace, name.as_str()) == place).then(|| format!("{namespace}/{name}"))
    })
}

fn label(gateway: &Gateway, exposure: &Exposure<'_>, cluster: &ClusterSnapshot) -> Option<Finding> {
    if gateway.network.is_some() {
        return None;
    }
    if is_for_istiod_alone(gateway, exposure, cluster) {
        let message = format!(
            "{} has no label {NETWORK_LABEL}: it exposes istiod, and no services of this network",
            gateway.described()
        );
        return Some(Finding::new(CheckId::EwgMissing, Severity::Info, message));
    }
    let severity = if cluster.network().is_some() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let message = format!(
        "{} looks like an east-west gateway and lacks the label {NETWORK_LABEL}: istiod ignores it",
        gateway.described()
    );
    Some(Finding::new(CheckId::EwgMissing, severity, message).fix(label_network(gateway, cluster)))
}

/// Returns whether a gateway exposes the istiod of a mesh on one network, where it needs no label and exposes no services.
fn is_for_istiod_alone(
    gateway: &Gateway,
    exposure: &Exposure<'_>,
    cluster: &ClusterSnapshot,
) -> bool {
    let names_no_network = gateway.network.is_none() && cluster.network().is_none();
    names_no_network && cluster.namespace.is_seen() && !exposure.istiod.is_empty()
}

fn ports(gateway: &Gateway, cluster: &ClusterSnapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    let told = gateway.label(GATEWAY_PORT_LABEL);
    if let Some(text) = told.filter(|text| labelled(Some(text)).is_none()) {
        let message = format!(
            "label {GATEWAY_PORT_LABEL} is {text:?}, not a port: istiod uses {SERVICES_PORT}"
        );
        let fix = change_service(gateway, cluster, "label", |label| {
            label.arg(&format!("{GATEWAY_PORT_LABEL}-"))
        });
        findings.push(Finding::new(CheckId::EwgPortMissing, Severity::Warning, message).fix(fix));
    }
    if gateway.service.is_some()
        && gateway.sidecar_port().is_none()
        && gateway.hbone_port().is_none()
    {
        let wanted = services_port(told);
        let message = format!(
            "{} has neither port {wanted} nor port 15008: istiod ignores it",
            gateway.described()
        );
        let patch = format!(
            r#"[{{"op": "add", "path": "/spec/ports/-", "value": {{"name": "tls", "port": {wanted}, "targetPort": {wanted}}}}}]"#
        );
        let fix = change_service(gateway, cluster, "patch", |change| {
            change.words("--type json").flag("-p", &patch)
        });
        findings.push(Finding::new(CheckId::EwgPortMissing, Severity::Error, message).fix(fix));
    }
    findings
}

fn nodes(gateway: &Gateway, cluster: &ClusterSnapshot) -> Vec<Finding> {
    let Some(service) = gateway.service.as_ref() else {
        return Vec::new();
    };
    if gateway.service_type.as_deref() != Some("NodePort") {
        return Vec::new();
    }
    let id = CheckId::EwgNodePortIgnored;
    let annotate = change_service(gateway, cluster, "annotate", |annotate| {
        annotate
            .words("--overwrite")
            .pair(NODE_SELECTOR_ANNOTATION, "{}")
    });
    let described = gateway.described();
    let external = gateway
        .addresses
        .iter()
        .any(|address| address.kind == AddressKind::ExternalIp);
    let reached = gateway
        .addresses
        .iter()
        .any(|address| address.kind == AddressKind::NodePort);
    let mut findings = Vec::new();
    match node_selector(service) {
        None if external => (),
        None => {
            let message = format!(
                "{described} is of type NodePort without the annotation {NODE_SELECTOR_ANNOTATION}, so istiod uses no node address for it"
            );
            findings.push(Finding::new(id, Severity::Error, message).fix(annotate));
        }
        Some(Err(())) => {
            let message = format!(
                "annotation {NODE_SELECTOR_ANNOTATION} of {described} is not a map of labels, so istiod uses no node address for the Service"
            );
            findings.push(Finding::new(id, Severity::Error, message).fix(annotate));
        }
        Some(Ok(_)) if !reached && cluster.nodes.is_seen() && !external => {
            let message = format!(
                "no node that {described} selects has an address of type ExternalIP, and istiod uses no other type"
            );
            let fix = "change the Service to type LoadBalancer, or give such a node an address of type ExternalIP";
            findings.push(Finding::new(id, Severity::Error, message).fix(fix));
        }
        Some(Ok(_)) => (),
    }
    let spec = service.spec.as_ref();
    let policy = spec.and_then(|spec| spec.external_traffic_policy.as_deref());
    if reached && policy == Some("Local") {
        let message = format!(
            "externalTrafficPolicy of {described} is Local: nodes without a pod of the gateway drop what comes in"
        );
        let policy = r#"{"spec": {"externalTrafficPolicy": "Cluster"}}"#;
        let fix = change_service(gateway, cluster, "patch", |change| {
            change.flag("-p", policy)
        });
        findings.push(Finding::new(id, Severity::Warning, message).fix(fix));
    }
    findings
}

pub(super) fn is_own(address: &std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(four) => {
            four.is_loopback() || four.is_link_local() || four.is_unspecified()
        }
        std::net::IpAddr::V6(six) => {
            six.is_loopback() || six.is_unicast_link_local() || six.is_unspecified()
        }
    }
}

fn pods(gateway: &Gateway, cluster: &ClusterSnapshot) -> Option<Finding> {
    let pods = gateway.backing.seen()?;
    let counted = gateway.pods?;
    let described = gateway.described();
    let fix = look_at_pods(gateway, cluster);
    let image_left = |pod: &Pod| {
        let mut containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        containers.any(awaits_injection)
    };
    let (severity, message) = if counted.total == 0 {
        (Severity::Error, format!("{described} has no pods"))
    } else if pods.iter().any(image_left) {
        let message = format!(
            "a pod of {described} still has the image \"auto\": it was not injected by istiod"
        );
        (Severity::Error, message)
    } else if counted.ready == 0 {
        (Severity::Error, format!("no pod of {described} is ready"))
    } else if counted.ready < counted.total {
        let message = format!(
            "{} of the {} pods of {described} are not ready",
            counted.total - counted.ready,
            counted.total
        );
        (Severity::Warning, message)
    } else {
        return None;
    };
    let finding = Finding::new(CheckId::EwgPods, severity, message).fix(fix);
    Some(with_newest(finding, gateway, About::Pods, cluster))
}

/// Returns the findings about the networks that the pods serve. One without the label serves no other network.
fn view(gateway: &Gateway, cluster: &ClusterSnapshot) -> Vec<Finding> {
    if gateway.network.is_none() {
        return Vec::new();
    }
    network_views(cluster, gateway.backing.items())
}

fn exposed(
    gateway: &Gateway,
    exposure: &Exposure<'_>,
    cluster: &ClusterSnapshot,
) -> Option<Finding> {
    if is_for_istiod_alone(gateway, exposure, cluster) {
        return None;
    }
    let id = exposure.services.fault()?;
    let why = because(&exposure.services)?;
    let port = gateway.sidecar_port()?;
    let config = exposure.config;
    let place = if config.context == cluster.context {
        String::new()
    } else {
        format!(
            " (its Gateways are those of context {}, whose istiod manages it)",
            config.context
        )
    };
    let message = format!("port {port} of the gateway forwards no traffic: {why}{place}");
    let fix = expose_services(gateway, cluster, config);
    Some(Finding::new(id, Severity::Error, message).fix(fix))
}
