//! What each cluster is to have, and what stands in the way of it. Pure.

use k8s_openapi::api::core::v1::Service;
use mesh_common::model::command::{Command, Knob, Kubectl, Remedy};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::exposure::{self, GatewaySelector, IstiodExposure, Revision};
use mesh_common::model::gateway::{EastWestGateway, ambient, manifest};
use mesh_common::model::names::NETWORK_LABEL;
use mesh_common::model::network::NetworkName;
use mesh_common::model::resources::ApiGateway;
use mesh_common::model::whose::{is_remote_gateway, is_remote_service};
use serde_json::Value;

use super::observe::Surroundings;
use super::resolve::Order;
use crate::live::{self, Asked};

/// What one cluster is to have.
#[derive(Debug)]
pub(super) struct Wanted {
    /// In the order in which they are applied.
    pub objects: Vec<Value>,
    /// What is odd, though nothing is wrong.
    pub warnings: Vec<String>,
}

/// Compares what was asked for with what surrounds the gateway.
///
/// # Errors
/// All that is missing or contradicts itself, joined.
pub(super) fn wanted(seen: Surroundings, order: &Order) -> Result<Wanted, Error> {
    let (context, namespace) = (seen.context.as_str(), order.namespace());
    if !seen.namespace_exists {
        return Err(Error::new(
            Kind::NotFound,
            format!("namespace {namespace} does not exist in context {context}"),
        )
        .hint(
            seen.live
                .place
                .kubectl
                .command()
                .words("create namespace")
                .arg(namespace),
        )
        .hint("name the namespace with -n, if Istio lives elsewhere there"));
    }
    if let Some(error) = seen.live.in_another_namespace(order.istio_namespace()) {
        return Err(error);
    }
    let mut warnings = seen.live.warnings();
    let network = network(&seen, order, &mut warnings)?;
    let mut gateway = order.gateway(network.as_ref())?;
    warnings.extend(gateway.warnings());
    match order.revision() {
        None => gateway.revision = revision(&seen, &mut warnings)?,
        Some(named) => warnings.extend(strange(&named, &seen)),
    }
    let mut objects = if order.is_ambient() {
        vec![ambient(&gateway)]
    } else {
        manifest(&gateway)
    };
    objects.extend(exposed(seen, &gateway, order)?);
    Ok(Wanted { objects, warnings })
}

/// The network that was named, which must not be another than the namespace's, or else the namespace's.
fn network(
    seen: &Surroundings,
    order: &Order,
    warnings: &mut Vec<String>,
) -> Result<Option<NetworkName>, Error> {
    if !order.needs_network() {
        return Ok(None);
    }
    let namespace = order.istio_namespace();
    let label = |network: &str| {
        Command::new("kubectl mesh-label network")
            .arg(network)
            .on(&seen.live.place.kubectl)
            .istio_namespace(namespace)
    };
    match (order.network(), &seen.network) {
        (Some(named), Some(labelled)) if named != *labelled => Err(Error::new(
            Kind::Conflict,
            format!("namespace {namespace} in context {} is on network {labelled}, not {named}", seen.context),
        )
        .hint(Remedy::add(Knob::Network, labelled))
        .hint(format!("or give the namespace the other name (kubectl mesh-label network --overwrite), with all that is on network {labelled}"))),
        (Some(named), labelled) => {
            if labelled.is_none() {
                warnings.push(format!(
                    "namespace {namespace} in context {} does not say its network, and its pods belong to none; see: {}",
                    seen.context,
                    Remedy::from(label(&named))
                ));
            }
            named.parse().map(Some)
        }
        (None, Some(labelled)) => labelled.parse().map(Some),
        (None, None) => Err(Error::usage(format!(
            "the network of context {} is not known: namespace {namespace} has no label {NETWORK_LABEL}",
            seen.context
        ))
        .hint("name it for the cluster with kubectl mesh-label network")
        .hint("or for the gateway alone with --network")),
    }
}

/// The revision of the control plane that is to configure the gateway, where the cluster leaves no choice.
fn revision(seen: &Surroundings, warnings: &mut Vec<String>) -> Result<Option<String>, Error> {
    let Ok(istiods) = &seen.live.istiods else {
        return Ok(None);
    };
    let mut revisions: Vec<&Revision> = istiods.iter().map(|istiod| &istiod.revision).collect();
    revisions.sort();
    revisions.dedup();
    match revisions[..] {
        [] => {
            warnings.push(format!(
                "context {} has no istiod of its own: its pods of the gateway start only where another cluster's istiod injects them",
                seen.context
            ));
            Ok(None)
        }
        [only] => Ok(only.name().map(str::to_owned)),
        [first, ..] if first.name().is_none() => Ok(None),
        _ => {
            let words: Vec<&str> = revisions.iter().map(|one| one.word()).collect();
            let error = Error::usage(format!(
                "context {} has control planes of several revisions: {}",
                seen.context,
                words.join(", ")
            ));
            Err(words.iter().fold(error, |error, word| {
                error.hint(Remedy::add(Knob::Revision, word))
            }))
        }
    }
}

/// A revision that no istiod has may be a tag, of which only webhooks know.
fn strange(named: &str, seen: &Surroundings) -> Option<String> {
    let istiods = seen.live.istiods.as_ref().ok()?;
    let known = istiods.iter().any(|istiod| istiod.revision.word() == named);
    (!known).then(|| {
        format!(
            "no istiod of context {} has revision {named}: pods of the gateway start only if it is a revision tag",
            seen.context
        )
    })
}

fn exposed(
    seen: Surroundings,
    gateway: &EastWestGateway,
    order: &Order,
) -> Result<Vec<Value>, Error> {
    if !order.services && !order.istiod {
        return Ok(Vec::new());
    }
    if matches!(&seen.live.istiods, Ok(istiods) if istiods.is_empty()) {
        return Err(Error::refused(format!(
            "context {} has no istiod: what is exposed through its gateway belongs where the istiod is that leads it",
            seen.context
        ))
        .hint("add --expose none"));
    }
    let label = [("istio".to_owned(), gateway.istio_label().to_owned())];
    let asked = Asked {
        namespace: Some(order.istio_namespace().to_owned()),
        selector: GatewaySelector::of_labels(label.into_iter().collect()),
        cluster_domain: order.cluster_domain.clone(),
        port: Some(gateway.ports.tls()),
    };
    let mut revisions: Vec<Revision> = match (&order.revision(), &seen.live.istiods) {
        (Some(named), _) => vec![named.parse()?],
        (None, Ok(istiods)) => istiods.iter().map(|one| one.revision.clone()).collect(),
        (None, Err(_)) => vec![Revision::default()],
    };
    revisions.sort();
    revisions.dedup();
    let services = live::services(seen.live, &asked)?;
    let mut objects = Vec::new();
    if order.services {
        objects.extend(exposure::services(&services));
    }
    if order.istiod {
        objects.extend(exposure::istiod(&IstiodExposure {
            namespace: services.namespace,
            istio_namespace: order.istio_namespace().to_owned(),
            selector: services.selector,
            cluster_domain: services.cluster_domain,
            revisions,
            https: None,
        }));
    }
    Ok(objects)
}

/// Why `live` cannot become `manifest`: it describes a gateway of another cluster, or Kubernetes lets nobody change which pods
/// a Deployment selects.
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates>.
pub(super) fn refusal(
    live: &Value,
    manifest: &Value,
    context: &str,
    kubectl: &Kubectl,
) -> Option<Error> {
    if is_remote(live) {
        return Some(describes_another(live, context));
    }
    let selector = |object: &Value| object["spec"]["selector"]["matchLabels"].clone();
    if manifest["kind"] != "Deployment" || selector(live) == selector(manifest) {
        return None;
    }
    let (namespace, name) = (
        text(&manifest["metadata"]["namespace"]),
        text(&manifest["metadata"]["name"]),
    );
    Some(
        Error::new(
            Kind::Conflict,
            format!(
                "deployment {namespace}/{name} in context {context} selects other pods than a gateway of Istio's chart ({}), which Kubernetes lets nobody change",
                labels(&selector(live))
            ),
        )
        .hint("keep it, and expose the services through it with the next command, or take one of the other two ways")
        .hint(
            Command::new("kubectl mesh-eastwest expose services")
                .kubeconfig_of(kubectl)
                .flag("--from-context", context)
                .istio_namespace(namespace)
                .pipe(kubectl.command().words("apply -f -")),
        )
        .hint(format!("add --name {name}-2, for a second gateway beside it"))
        .hint(format!("delete deployment {namespace}/{name}, then run this again, without a gateway meanwhile")),
    )
}

/// Whether an object describes a gateway of another cluster.
fn is_remote(live: &Value) -> bool {
    fn read<T: serde::de::DeserializeOwned>(live: &Value) -> Option<T> {
        serde_json::from_value(live.clone()).ok()
    }
    match text(&live["kind"]) {
        "Service" => read::<Service>(live).is_some_and(|one| is_remote_service(&one, None)),
        "Gateway" => read::<ApiGateway>(live).is_some_and(|one| is_remote_gateway(&one)),
        _ => false,
    }
}

fn describes_another(live: &Value, context: &str) -> Error {
    let kind = text(&live["kind"]).to_ascii_lowercase();
    let (namespace, name) = (
        text(&live["metadata"]["namespace"]),
        text(&live["metadata"]["name"]),
    );
    Error::new(
        Kind::Conflict,
        format!(
            "{kind} {namespace}/{name} in context {context} describes a gateway that does not run in this cluster, and is not to be replaced"
        ),
    )
    .hint(format!("give the gateway of this cluster another name: --name {name}-2"))
}

fn labels(selector: &Value) -> String {
    let pairs = selector.as_object().into_iter().flatten();
    let pairs: Vec<String> = pairs
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect();
    pairs.join(",")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
