//! What is to be exposed in a cluster, from what is there; what was asked for wins. Pure.

use mesh_common::model::Error;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::exposure::facts::GatewayFacts;
use mesh_common::model::exposure::{IstiodExposure, SERVICES_PORT, ServicesExposure};

use super::control_plane::{ControlPlane, Revisions, control_plane};
use super::gateway::{Chosen, choose, described as named, unread};
use super::{Asked, AskedIstiod, Live};

/// The port of a gateway that leads to istiod.
const ISTIOD_PORT: u16 = 15012;

/// The exposure of services in that cluster.
///
/// # Errors
/// All that is open and cannot be told, joined.
pub(crate) fn services(live: Live, asked: &Asked) -> Result<ServicesExposure, Error> {
    in_its_namespace(&live, asked)?;
    let port = |gateway: &GatewayFacts| asked.port.unwrap_or(gateway.services_port);
    let gateways = unread(live.gateways, asked.selector.as_ref());
    let chosen = gateways.and_then(|all| choose(&all, asked.selector.as_ref(), port, &live.place));
    let control = control_plane(
        live.istiods,
        live.injectors,
        asked,
        Revisions::Any,
        &live.place.described,
    );
    let (chosen, control) = both(chosen, control)?;
    let mut ports: Vec<u16> = chosen.gateways.iter().map(port).collect();
    ports.sort_unstable();
    ports.dedup();
    let port = match ports[..] {
        [] => asked.port.unwrap_or(SERVICES_PORT),
        [one] => one,
        _ => return Err(several_ports(&ports, &chosen, &live.place.described)),
    };
    Ok(ServicesExposure {
        namespace: namespace(&chosen, &control, &live.place.described)?,
        selector: chosen.selector,
        cluster_domain: control.cluster_domain,
        port,
    })
}

/// The exposure of istiod in that cluster.
///
/// # Errors
/// All that is open and cannot be told, joined.
pub(crate) fn istiod(live: Live, wanted: AskedIstiod) -> Result<IstiodExposure, Error> {
    let asked = &wanted.asked;
    in_its_namespace(&live, asked)?;
    let described = &live.place.described;
    let gateways = unread(live.gateways, asked.selector.as_ref());
    let port = |_: &GatewayFacts| ISTIOD_PORT;
    let chosen = gateways.and_then(|all| choose(&all, asked.selector.as_ref(), port, &live.place));
    let revisions = if wanted.revisions.is_empty() {
        Revisions::Found
    } else {
        Revisions::Named(&wanted.revisions)
    };
    let control = control_plane(live.istiods, live.injectors, asked, revisions, described);
    let (chosen, control) = both(chosen, control)?;
    if wanted.https.is_some() && control.revisions.len() > 1 {
        let error = Error::refused(format!(
            "one host leads to one istiod, and {described} has several"
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
fn in_its_namespace(live: &Live, asked: &Asked) -> Result<(), Error> {
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

/// Where the objects have to be: in Istio's namespace, unless istiod takes them from the gateway's alone.
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
        "istiod of {described} takes an Istio Gateway from the gateway's own namespace alone, and gateways with {} are not in one: {there}",
        chosen.selector
    ))
    .hint("name the labels of one gateway's pods by --selector"))
}

fn several_ports(ports: &[u16], chosen: &Chosen, described: &str) -> Error {
    let gateways: Vec<String> = chosen
        .gateways
        .iter()
        .map(|gateway| format!("{} ({})", named(gateway), gateway.services_port))
        .collect();
    let error = Error::refused(format!(
        "the east-west gateways of {described} have several ports for services: {}",
        gateways.join(", ")
    ));
    ports.iter().fold(error, |error, port| {
        error.hint(format!("add --port {port}"))
    })
}
