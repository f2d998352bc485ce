//! Reads namespace, domain and revisions out of the control planes of a cluster. Pure.

use mesh_model::Error;
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::exposure::facts::{InjectorFacts, IstiodFacts};
use mesh_model::exposure::{ClusterDomain, Revision};

use super::ExposureRequest;

/// The control planes of a cluster, as one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ControlPlane {
    pub namespace: String,
    pub cluster_domain: ClusterDomain,
    /// At least one where they were asked for.
    pub revisions: Vec<Revision>,
    /// True if an Istio Gateway has to be in the namespace of the pods that it configures.
    pub binds_gateways_to_namespace: bool,
}

/// The revisions that an exposure is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Revisions<'a> {
    /// All, and it makes no difference which they are.
    Any,
    /// These.
    Named(&'a [Revision]),
    /// All that are there.
    Found,
}

/// Returns what was read, replaced by what was asked for.
///
/// # Errors
/// Something is open and was not there, could not be read, or is not the same everywhere.
pub(super) fn control_plane(
    istiods: Result<Vec<IstiodFacts>, Error>,
    injectors: Result<Vec<InjectorFacts>, Error>,
    asked: &ExposureRequest,
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
    if let Some(absent) = absent
        && let Some(settings) = missing_settings(asked, revisions, &namespaces, &domains)
    {
        let error = absent.hint(settings);
        return Err(unread.into_iter().fold(error, Error::and));
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
        .hint(
            Step::new("a remote cluster is configured where the istiod is that manages it: name the context of that cluster with ")
                .knob(Knob::FromContext),
        )
}

/// Returns the istiods of these revisions.
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

/// Returns the domain of each istiod: its own flag, else its injector's value, else istiod's default. Without any istiod, the
/// injectors' values.
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

/// Returns the only domain.
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

/// Returns the step to set what the cluster does not tell, if there is anything.
fn missing_settings(
    asked: &ExposureRequest,
    revisions: Revisions<'_>,
    namespaces: &[String],
    domains: &[String],
) -> Option<Step> {
    let settings = [
        (
            asked.namespace.is_none() && namespaces.is_empty(),
            Knob::Namespace,
            "istio-system",
        ),
        (
            asked.cluster_domain.is_none() && domains.is_empty(),
            Knob::ClusterDomain,
            "cluster.local",
        ),
        (
            matches!(revisions, Revisions::Found),
            Knob::Revision,
            "default",
        ),
    ];
    let mut open = settings.into_iter().filter(|(is_open, _, _)| *is_open);
    let (_, knob, value) = open.next()?;
    let first = Step::new("add ").set(knob, value);
    Some(open.fold(first, |step, (_, knob, value)| {
        step.text(" ").set(knob, value)
    }))
}

fn distinct<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

/// Returns the only one.
fn only(mut found: Vec<String>, what: &str, knob: Knob, described: &str) -> Result<String, Error> {
    if found.len() == 1 {
        return Ok(found.remove(0));
    }
    let error = Error::refused(format!("{described} has {what}: {}", found.join(", ")));
    Err(found
        .iter()
        .fold(error, |error, one| error.hint(Remedy::add(knob, one))))
}
