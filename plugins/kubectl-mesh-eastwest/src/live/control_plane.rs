//! Where the control planes of a cluster are, and what they say of it. Pure.

use mesh_common::model::Error;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::exposure::facts::{InjectorFacts, IstiodFacts};
use mesh_common::model::exposure::{ClusterDomain, Revision};

use super::Asked;

/// What the control planes of a cluster come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ControlPlane {
    pub namespace: String,
    pub cluster_domain: ClusterDomain,
    /// At least one where they were asked for.
    pub revisions: Vec<Revision>,
    /// Whether an Istio Gateway has to be in the namespace of the pods that it configures.
    pub binds_gateways_to_namespace: bool,
}

/// Which revisions matter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Revisions<'a> {
    /// All, and it makes no difference which they are.
    Any,
    /// These.
    Named(&'a [Revision]),
    /// All that are there.
    Found,
}

/// What was read, with what was asked for in its place.
///
/// # Errors
/// Something is open and was not there, could not be read, or is not the same everywhere.
pub(super) fn control_plane(
    istiods: Result<Vec<IstiodFacts>, Error>,
    injectors: Result<Vec<InjectorFacts>, Error>,
    asked: &Asked,
    revisions: Revisions<'_>,
    described: &str,
) -> Result<ControlPlane, Error> {
    let (istiods, absent) = match istiods {
        Ok(istiods) if istiods.is_empty() => (istiods, Some(nowhere(described))),
        Ok(istiods) => (of_revisions(istiods, revisions, described)?, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let (injectors, unread) = match injectors {
        Ok(injectors) => (injectors, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let namespaces = distinct(namespaces(&istiods, &injectors));
    let domains = distinct(domains(&istiods, &injectors));
    if let Some(absent) = absent {
        let flags = lacking(asked, revisions, &namespaces, &domains);
        if !flags.is_empty() {
            let error = absent.hint(format!("or say it by flags: {}", flags.join(" ")));
            return Err(unread.into_iter().fold(error, Error::and));
        }
    }
    let namespace = match &asked.namespace {
        Some(namespace) => namespace.clone(),
        None => only(
            namespaces,
            "Istio in several namespaces",
            Knob::Namespace,
            described,
        )?,
    };
    let cluster_domain = match &asked.cluster_domain {
        Some(domain) => domain.clone(),
        None => domain(domains, described)?,
    };
    Ok(ControlPlane {
        namespace,
        cluster_domain,
        revisions: match revisions {
            Revisions::Any => Vec::new(),
            Revisions::Named(named) => named.to_vec(),
            Revisions::Found => distinct(istiods.iter().map(|one| one.revision.clone()).collect()),
        },
        binds_gateways_to_namespace: istiods.iter().any(|one| one.binds_gateways_to_namespace),
    })
}

fn nowhere(described: &str) -> Error {
    Error::refused(format!("{described} has no istiod: no Deployment with the label app=istiod"))
        .hint("a cluster without istiod is configured where the istiod that leads it is: --from-context CONTEXT of that cluster")
}

/// The istiods that matter.
fn of_revisions(
    mut istiods: Vec<IstiodFacts>,
    revisions: Revisions<'_>,
    described: &str,
) -> Result<Vec<IstiodFacts>, Error> {
    let Revisions::Named(named) = revisions else {
        return Ok(istiods);
    };
    let there = distinct(istiods.iter().map(|one| one.revision.clone()).collect());
    let strange = named.iter().filter(|name| !there.contains(name));
    let errors = strange.map(|name| {
        let words: Vec<&str> = there.iter().map(Revision::word).collect();
        Error::refused(format!(
            "{described} has no istiod of revision {}",
            name.word()
        ))
        .hint(Remedy::add(Knob::Revision, &words.join(",")))
    });
    Error::all(errors).map_or(Ok(()), Err)?;
    istiods.retain(|one| named.contains(&one.revision));
    Ok(istiods)
}

fn namespaces(istiods: &[IstiodFacts], injectors: &[InjectorFacts]) -> Vec<String> {
    if istiods.is_empty() {
        injectors.iter().map(|one| one.namespace.clone()).collect()
    } else {
        istiods.iter().map(|one| one.namespace.clone()).collect()
    }
}

/// The domain of each istiod: what it is told, else what its injector is told, else what an istiod takes by itself.
/// Without any istiod, what the injectors are told.
fn domains(istiods: &[IstiodFacts], injectors: &[InjectorFacts]) -> Vec<String> {
    let injected = |istiod: &IstiodFacts| {
        injectors
            .iter()
            .find(|one| one.namespace == istiod.namespace && one.revision == istiod.revision)
            .and_then(|one| one.cluster_domain.clone())
    };
    if istiods.is_empty() {
        injectors
            .iter()
            .filter_map(|one| one.cluster_domain.clone())
            .collect()
    } else {
        let told = |istiod: &IstiodFacts| {
            let told = istiod.cluster_domain.clone().or_else(|| injected(istiod));
            told.unwrap_or_else(|| ClusterDomain::default().to_string())
        };
        istiods.iter().map(told).collect()
    }
}

/// The one there is, where it is one.
fn domain(domains: Vec<String>, described: &str) -> Result<ClusterDomain, Error> {
    let found = only(
        domains,
        "control planes with several cluster domains",
        Knob::ClusterDomain,
        described,
    )?;
    found.parse().map_err(|error: Error| {
        let sentence = format!("{described} has a control plane whose {error}");
        let hints = error.hints().iter().cloned();
        hints.fold(Error::refused(sentence), Error::hint)
    })
}

/// The flags for what nothing tells.
fn lacking(
    asked: &Asked,
    revisions: Revisions<'_>,
    namespaces: &[String],
    domains: &[String],
) -> Vec<&'static str> {
    [
        (
            asked.namespace.is_none() && namespaces.is_empty(),
            "-n istio-system",
        ),
        (
            asked.cluster_domain.is_none() && domains.is_empty(),
            "--cluster-domain cluster.local",
        ),
        (matches!(revisions, Revisions::Found), "--revision default"),
    ]
    .into_iter()
    .filter_map(|(is_open, flag)| is_open.then_some(flag))
    .collect()
}

fn distinct<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

/// The one there is.
fn only(mut found: Vec<String>, what: &str, knob: Knob, described: &str) -> Result<String, Error> {
    if found.len() == 1 {
        return Ok(found.remove(0));
    }
    let error = Error::refused(format!("{described} has {what}: {}", found.join(", ")));
    Err(found
        .iter()
        .fold(error, |error, one| error.hint(Remedy::add(knob, one))))
}
