//! Decides the objects of each cluster and the change that each of them needs, or why they cannot be there. Pure.

use k8s_openapi::api::core::v1::Service;
use mesh_model::command::{Knob, Kubectl, Remedy, Step, named, suite};
use mesh_model::error::{Error, Kind};
use mesh_model::event::Event;
use mesh_model::exposure::{self, GatewaySelector, IstiodExposure, Revision};
use mesh_model::gateway::{EastWestGateway, ambient, manifest};
use mesh_model::names::NETWORK_LABEL;
use mesh_model::network::NetworkName;
use mesh_model::resources::ApiGateway;
use mesh_model::whose::{is_remote_gateway, is_remote_service};
use serde_json::Value;

use super::observe::ClusterState;
use super::{ObjectChange, Request};
use crate::gateway::live::{self, ExposureRequest};

/// The objects of one cluster.
#[derive(Debug)]
pub(super) struct Desired {
    /// The objects in the order in which they are applied.
    pub objects: Vec<Value>,
    /// Warnings about what is unusual, though nothing is wrong.
    pub warnings: Vec<Event>,
}

/// Returns the objects that the request means in a cluster with this state.
///
/// # Errors
/// All that is missing or contradicts itself, joined.
pub(super) fn desired(seen: ClusterState, request: &Request) -> Result<Desired, Error> {
    let (context, namespace) = (seen.context.as_str(), &request.spec.namespace);
    if !seen.namespace_exists {
        return Err(Error::new(
            Kind::NotFound,
            format!("namespace {namespace} does not exist in context {context}"),
        )
        .hint(
            seen.istio
                .kubectl
                .command()
                .words("create namespace")
                .arg(namespace),
        )
        .hint(
            Step::new("name the namespace with ")
                .knob(Knob::Namespace)
                .text(", if Istio is installed in another one there"),
        ));
    }
    if let Some(error) = seen.istio.in_another_namespace(&request.istio_namespace) {
        return Err(error);
    }
    let unread = seen.istio.warnings().into_iter();
    let mut warnings: Vec<Event> = unread.map(Event::warning).collect();
    let network = network(&seen, request, &mut warnings)?;
    let mut gateway = request.gateway(network.as_ref())?;
    warnings.extend(gateway.warnings());
    match &request.spec.revision {
        None => gateway.revision = revision(&seen, &mut warnings)?,
        Some(named) => warnings.extend(unknown_revision(named, &seen)),
    }
    let mut objects = if request.spec.ambient {
        vec![ambient(&gateway)]
    } else {
        manifest(&gateway)
    };
    objects.extend(exposed(seen, &gateway, request)?);
    Ok(Desired { objects, warnings })
}

/// Returns the network that was given, which must not differ from that of the namespace, or else the namespace's.
fn network(
    seen: &ClusterState,
    request: &Request,
    warnings: &mut Vec<Event>,
) -> Result<Option<NetworkName>, Error> {
    if !request.spec.needs_network() {
        return Ok(None);
    }
    let namespace = request.istio_namespace.as_str();
    let label =
        |network: &str| suite::label_network(network, &seen.istio.kubectl, namespace, false);
    match (request.network(), &seen.network) {
        (Some(named), Some(labelled)) if named != *labelled => Err(Error::new(
            Kind::Conflict,
            format!("namespace {namespace} in context {} is on network {labelled}, not {named}", seen.context),
        )
        .hint(Remedy::add(Knob::Network, labelled))
        .hint(format!("change the network of the namespace with kubectl mesh-label network --overwrite, and of everything else that is on network {labelled}"))),
        (Some(named), labelled) => {
            if labelled.is_none() {
                warnings.push(Event::Warning {
                    text: format!(
                        "namespace {namespace} in context {} has no label {NETWORK_LABEL}, and its pods belong to no network",
                        seen.context
                    ),
                    hints: vec![label(named).into()],
                });
            }
            named.parse().map(Some)
        }
        (None, Some(labelled)) => labelled.parse().map(Some),
        (None, None) => Err(Error::usage(format!(
            "the network of context {} is not known: namespace {namespace} has no label {NETWORK_LABEL}",
            seen.context
        ))
        .hint("set it for the cluster with kubectl mesh-label network")
        .hint(Step::new("set it for this gateway only with ").knob(Knob::Network))),
    }
}

/// Returns the revision of the control plane that configures the gateway, where the cluster leaves no choice.
fn revision(seen: &ClusterState, warnings: &mut Vec<Event>) -> Result<Option<String>, Error> {
    let Ok(istiods) = &seen.istio.istiods else {
        return Ok(None);
    };
    let mut revisions: Vec<&Revision> = istiods.iter().map(|istiod| &istiod.revision).collect();
    revisions.sort();
    revisions.dedup();
    match revisions[..] {
        [] => {
            warnings.push(Event::warning(format!(
                "context {} has no istiod of its own: the gateway pods start only if istiod of another cluster injects them",
                seen.context
            )));
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

/// Returns a warning for a revision that no istiod has. It may be a tag, which only webhooks know.
fn unknown_revision(named: &str, seen: &ClusterState) -> Option<Event> {
    let istiods = seen.istio.istiods.as_ref().ok()?;
    let known = istiods.iter().any(|istiod| istiod.revision.word() == named);
    (!known).then(|| {
        Event::warning(format!(
            "no istiod of context {} has revision {named}: pods of the gateway start only if it is a revision tag",
            seen.context
        ))
    })
}

fn exposed(
    seen: ClusterState,
    gateway: &EastWestGateway,
    request: &Request,
) -> Result<Vec<Value>, Error> {
    if !request.expose_services && !request.expose_istiod {
        return Ok(Vec::new());
    }
    if matches!(&seen.istio.istiods, Ok(istiods) if istiods.is_empty()) {
        return Err(Error::refused(format!(
            "context {} has no istiod: what is exposed through its gateway belongs in the cluster whose istiod manages it",
            seen.context
        ))
        .hint(Remedy::add(Knob::Expose, "none")));
    }
    let label = [("istio".to_owned(), gateway.istio_label().to_owned())];
    let asked = ExposureRequest {
        namespace: Some(request.istio_namespace.clone()),
        selector: GatewaySelector::of_labels(label.into_iter().collect()),
        cluster_domain: request.cluster_domain.clone(),
        port: Some(gateway.ports.tls()),
    };
    let mut revisions: Vec<Revision> = match (&request.spec.revision, &seen.istio.istiods) {
        (Some(named), _) => vec![named.parse()?],
        (None, Ok(istiods)) => istiods.iter().map(|one| one.revision.clone()).collect(),
        (None, Err(_)) => vec![Revision::default()],
    };
    revisions.sort();
    revisions.dedup();
    let services = live::services(seen.istio, &asked)?;
    let mut objects = Vec::new();
    if request.expose_services {
        objects.extend(exposure::services(&services));
    }
    if request.expose_istiod {
        objects.extend(exposure::istiod(&IstiodExposure {
            namespace: services.namespace,
            istio_namespace: request.istio_namespace.clone(),
            selector: services.selector,
            cluster_domain: services.cluster_domain,
            revisions,
            https: None,
        }));
    }
    Ok(objects)
}

/// Returns the change that each object needs, and the reasons why others could not be read or cannot be changed; `live` is what was
/// read of each.
pub(super) fn changes(
    objects: Vec<Value>,
    live: Vec<Result<Option<Value>, Error>>,
    (context, kubectl): (&str, &Kubectl),
    request: &Request,
    applied_by: &str,
) -> (Vec<ObjectChange>, Vec<Error>) {
    let each = objects.into_iter().zip(live).map(|(object, live)| {
        let live = live?;
        let refusal = live
            .as_ref()
            .and_then(|live| refusal(live, &object, context, kubectl));
        if let Some(error) = refusal {
            return Err(error);
        }
        let force = request.force_conflicts;
        Ok(ObjectChange::new(context, object, live, applied_by, force))
    });
    Error::parted(each)
}

/// Returns an error where `live` cannot become `manifest`: it describes a gateway of another cluster, or it is a Deployment that
/// selects other pods, which cannot be changed.
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates>.
fn refusal(live: &Value, manifest: &Value, context: &str, kubectl: &Kubectl) -> Option<Error> {
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
                "deployment {namespace}/{name} in context {context} has another spec.selector than a gateway of Istio's chart ({}), and spec.selector is immutable",
                labels(&selector(live))
            ),
        )
        .hint("keep this gateway, and expose the services through it")
        .hint(Remedy::then(suite::applied(
            suite::eastwest_expose_services()
                .kubeconfig_of(kubectl)
                .flag("--from-context", context),
            namespace,
            kubectl,
        )))
        .hint(Step::add(Knob::Name, &format!("{name}-2")).text(", for a second gateway beside it"))
        .hint(format!("delete deployment {namespace}/{name} and run this command again, traffic from other networks fails until the new pods are ready")),
    )
}

/// Returns whether an object describes a gateway of another cluster.
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
            "{kind} {namespace}/{name} in context {context} describes a gateway of another cluster, and is not replaced"
        ),
    )
    .hint(Step::new("give the gateway of this cluster another name: ").set(Knob::Name, named(&format!("{name}-2"))))
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
