//! Derives an exposure from the state of a cluster; what was asked for wins. Pure.

use mesh_model::Error;
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::eastwest::Gateway;
use mesh_model::exposure::{IstiodExposure, SERVICES_PORT, ServicesExposure};

use super::choose::{Chosen, choose, described as named, unread};
use super::control_plane::{ControlPlane, Revisions, control_plane};
use super::{ExposureRequest, IstioState, IstiodRequest};

/// The port of a gateway for istiod.
const ISTIOD_PORT: i32 = 15012;

/// Returns the exposure of services in that cluster.
///
/// # Errors
/// All that is open and cannot be told, joined.
pub fn services(live: IstioState, asked: &ExposureRequest) -> Result<ServicesExposure, Error> {
    in_its_namespace(&live, asked)?;
    let asked_port = asked.port.map(i32::from);
    let port = |gateway: &Gateway| asked_port.unwrap_or_else(|| gateway.services_port());
    let gateways = unread(live.gateways, asked.selector.as_ref());
    let chosen =
        gateways.and_then(|all| choose(&all, asked.selector.as_ref(), port, &live.described));
    let control = control_plane(
        live.istiods,
        live.injectors,
        asked,
        Revisions::Any,
        &live.described,
    );
    let (chosen, control) = both(chosen, control)?;
    let ports = chosen.gateways.iter().map(port);
    let mut ports: Vec<u16> = ports.filter_map(|port| port.try_into().ok()).collect();
    ports.sort_unstable();
    ports.dedup();
    let port = match ports[..] {
        [] => asked.port.unwrap_or(SERVICES_PORT),
        [one] => one,
        _ => return Err(several_ports(&ports, &chosen, &live.described)),
    };
    Ok(ServicesExposure {
        namespace: namespace(&chosen, &control, &live.described)?,
        selector: chosen.selector,
        cluster_domain: control.cluster_domain,
        port,
    })
}

/// Returns the exposure of istiod in that cluster.
///
/// # Errors
/// All that is open and cannot be told, joined.
pub fn istiod(live: IstioState, wanted: IstiodRequest) -> Result<IstiodExposure, Error> {
    let asked = &wanted.exposure;
    in_its_namespace(&live, asked)?;
    let described = &live.described;
    let gateways = unread(live.gateways, asked.selector.as_ref());
    let port = |_: &Gateway| ISTIOD_PORT;
    let chosen =
        gateways.and_then(|all| choose(&all, asked.selector.as_ref(), port, &live.described));
    let revisions = if wanted.revisions.is_empty() {
        Revisions::Found
    } else {
        Revisions::Named(&wanted.revisions)
    };
    let control = control_plane(live.istiods, live.injectors, asked, revisions, described);
    let (chosen, control) = both(chosen, control)?;
    if wanted.https.is_some() && control.revisions.len() > 1 {
        let error = Error::refused(format!(
            "one host is for one istiod, and {described} has several"
        ));
        return Err(control.revisions.iter().fold(error, |error, revision| {
            error.hint(Remedy::add(Knob::Revision, revision.word()))
        }));
    }
    Ok(IstiodExposure {
        namespace: namespace(&chosen, &control, described)?,
        istio_namespace: control.namespace,
        selector: chosen.selector,
        cluster_domain: control.cluster_domain,
        revisions: control.revisions,
        https: wanted.https,
    })
}

/// Refuses a namespace without an istiod where another one has it.
fn in_its_namespace(live: &IstioState, asked: &ExposureRequest) -> Result<(), Error> {
    let asked = asked.namespace.as_deref();
    let elsewhere = asked.and_then(|asked| live.in_another_namespace(asked));
    elsewhere.map_or(Ok(()), Err)
}

fn both<A, B>(a: Result<A, Error>, b: Result<B, Error>) -> Result<(A, B), Error> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(a), Err(b)) => Err(a.and(b)),
    }
}

/// Returns the namespace of the objects: Istio's, unless istiod reads them from the gateway's namespace only.
fn namespace(chosen: &Chosen, control: &ControlPlane, described: &str) -> Result<String, Error> {
    if !control.binds_gateways_to_namespace {
        return Ok(control.namespace.clone());
    }
    let mut found: Vec<&str> = chosen
        .gateways
        .iter()
        .map(|gateway| gateway.namespace.as_str())
        .collect();
    found.sort_unstable();
    found.dedup();
    if let [one] = found[..] {
        return Ok(one.to_owned());
    }
    let gateways: Vec<String> = chosen.gateways.iter().map(named).collect();
    let there = if gateways.is_empty() {
        "none was found".to_owned()
    } else {
        gateways.join(", ")
    };
    Err(Error::refused(format!(
        "istiod of {described} uses an Istio Gateway only in the namespace of its gateway pods, and the pods with label {} are not in one namespace: {there}",
        chosen.selector
    ))
    .hint(Step::new("name the labels of one gateway's pods with ").knob(Knob::Selector)))
}

fn several_ports(ports: &[u16], chosen: &Chosen, described: &str) -> Error {
    let gateways: Vec<String> = chosen
        .gateways
        .iter()
        .map(|gateway| format!("{} ({})", named(gateway), gateway.services_port()))
        .collect();
    let error = Error::refused(format!(
        "the east-west gateways of {described} have several ports for services: {}",
        gateways.join(", ")
    ));
    ports.iter().fold(error, |error, port| {
        error.hint(Remedy::add(Knob::Port, &port.to_string()))
    })
}
