//! Chooses the gateways of an exposure. Pure.

use std::collections::BTreeMap;

use mesh_model::Error;
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::eastwest::Gateway;
use mesh_model::exposure::GatewaySelector;
use mesh_model::names::{EAST_WEST_GATEWAY, NETWORK_LABEL};

/// The labels of a gateway's pods, and the Services of the gateways that have them; none where they were not found.
#[derive(Debug)]
pub(super) struct Chosen {
    pub selector: GatewaySelector,
    pub gateways: Vec<Gateway>,
}

/// Returns the gateways that were read; none where they could not be, and their labels are known anyway.
///
/// # Errors
/// The labels are open.
pub(super) fn unread(
    read: Result<Vec<Gateway>, Error>,
    selector: Option<&GatewaySelector>,
) -> Result<Vec<Gateway>, Error> {
    match read {
        Err(_) if selector.is_some() => Ok(Vec::new()),
        other => other.map_err(|error| error.hint(name_them())),
    }
}

/// Returns those of `gateways` whose pods `selector` selects; without one, all of them, if their pods have the same labels. A
/// gateway whose Service lacks the port that `port` returns is for something else.
///
/// # Errors
/// Without a selector: no gateway, or several.
pub(super) fn choose(
    gateways: &[Gateway],
    selector: Option<&GatewaySelector>,
    port: impl Fn(&Gateway) -> i32,
    cluster: &str,
) -> Result<Chosen, Error> {
    let has_port = |gateway: &Gateway| gateway.ports().contains(&port(gateway));
    let fit = gateways.iter().filter(|gateway| has_port(gateway));
    if let Some(wanted) = selector {
        return Ok(Chosen {
            selector: wanted.clone(),
            gateways: fit.filter(|one| takes_in(wanted, one)).cloned().collect(),
        });
    }
    let fit: Vec<Gateway> = fit
        .filter(|gateway| gateway.selector().is_some())
        .cloned()
        .collect();
    let mut selectors: Vec<GatewaySelector> = fit.iter().filter_map(Gateway::selector).collect();
    selectors.sort();
    selectors.dedup();
    match selectors.len() {
        0 => Err(none(gateways, port, cluster)),
        1 => Ok(Chosen {
            selector: selectors.remove(0),
            gateways: fit,
        }),
        _ => Err(several(&fit, &selectors, cluster)),
    }
}

fn takes_in(wanted: &GatewaySelector, gateway: &Gateway) -> bool {
    gateway.selector().is_some_and(|pods| {
        let has = |(key, value)| pods.labels().get(key) == Some(value);
        wanted.labels().iter().all(has)
    })
}

/// Returns the step for gateways of whose pods the labels cannot be found.
fn name_them() -> Step {
    Step::new("name the labels of the gateway's pods: ")
        .set(Knob::Selector, "istio=eastwestgateway")
}

fn none(gateways: &[Gateway], port: impl Fn(&Gateway) -> i32, cluster: &str) -> Error {
    let error = if gateways.is_empty() {
        Error::refused(format!(
            "{cluster} has no east-west gateway: no Service with the label {NETWORK_LABEL} or the name {EAST_WEST_GATEWAY}"
        ))
        .hint("create one with kubectl mesh-eastwest apply")
    } else {
        let why = gateways.iter().map(|gateway| {
            let port = port(gateway);
            if gateway.ports().contains(&port) {
                format!("{} selects no pods", described(gateway))
            } else {
                format!("{} has no port {port}", described(gateway))
            }
        });
        let why: Vec<String> = why.collect();
        Error::refused(format!(
            "{cluster} has no east-west gateway for this: {}",
            why.join(", ")
        ))
    };
    error.hint(name_them())
}

fn several(fit: &[Gateway], selectors: &[GatewaySelector], cluster: &str) -> Error {
    let names: Vec<String> = fit
        .iter()
        .filter_map(|gateway| Some(format!("{} ({})", described(gateway), gateway.selector()?)))
        .collect();
    let error = Error::refused(format!(
        "{cluster} has several east-west gateways: {}",
        names.join(", ")
    ));
    let error = selectors.iter().fold(error, |error, selector| {
        error.hint(Remedy::add(Knob::Selector, &selector.to_string()))
    });
    match shared(selectors) {
        None => error,
        Some(all) => {
            let step = Step::add(Knob::Selector, &all.to_string());
            error.hint(step.text(", for all of them"))
        }
    }
}

/// Returns the labels that all of them have.
fn shared(selectors: &[GatewaySelector]) -> Option<GatewaySelector> {
    let mut all: BTreeMap<String, String> = selectors.first()?.labels().clone();
    all.retain(|key, value| {
        selectors
            .iter()
            .all(|selector| selector.labels().get(key) == Some(value))
    });
    GatewaySelector::of_labels(all)
}

/// Describes a gateway in messages.
pub(super) fn described(gateway: &Gateway) -> String {
    format!(
        "service/{} in namespace {}",
        gateway.name, gateway.namespace
    )
}
