//! Which secrets are deleted. Pure.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_model::change::{Action, Change, ObjectRef};
use mesh_model::command::suite;
use mesh_model::error::{Error, Kind};
use mesh_model::fleet::left_out;
use mesh_model::names::CONFIG_SECRET;
use mesh_model::remote_secret::own_name;
use mesh_model::suggest::close_names;

use super::observe::{ClusterSecrets, DeleteState};
use super::request::Request;
use super::selector::{Selector, is_remote, known_names};

/// A secret that is deleted.
#[derive(Clone, Copy)]
pub(super) struct SecretToDelete<'a> {
    /// The number of its cluster.
    pub cluster: usize,
    pub secret: &'a Secret,
}

/// The secrets that are deleted, and what is told of others.
#[derive(Default)]
pub(super) struct Selected<'a> {
    pub secrets: Vec<SecretToDelete<'a>>,
    pub notes: Vec<String>,
}

/// Returns the secrets that are selected, each once whatever the number of contexts of its cluster.
///
/// # Errors
/// All names that select no secret, and those that would delete more than was said, joined.
pub(super) fn plan<'a>(request: &Request, state: &'a DeleteState) -> Result<Selected<'a>, Error> {
    let (mut selected, mut wrong) = (Selected::default(), Vec::new());
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for selector in &request.selectors {
        let found = match select(selector, request, state) {
            Ok(found) => found,
            Err(error) => {
                wrong.push(error);
                continue;
            }
        };
        selected.notes.extend(found.notes);
        for one in found.secrets {
            // Two names may select one Secret, and a cluster may have two contexts.
            match first.get(uid(one.secret)) {
                Some(cluster) if *cluster == one.cluster => {}
                Some(cluster) => selected.notes.push(left_out(
                    &state.clusters[one.cluster].context,
                    &state.clusters[*cluster].context,
                )),
                None => {
                    first.insert(uid(one.secret), one.cluster);
                    selected.secrets.push(one);
                }
            }
        }
    }
    selected.notes.sort();
    selected.notes.dedup();
    selected.secrets.sort_by_key(|one| one.cluster);
    Error::all(wrong).map_or(Ok(selected), Err)
}

/// Returns what one name selects, and notes on secrets that are skipped.
fn select<'a>(
    selector: &Selector,
    request: &Request,
    state: &'a DeleteState,
) -> Result<Selected<'a>, Error> {
    let clusters = &state.clusters;
    let all = || {
        let holders = clusters.iter().enumerate();
        let holders = holders.filter(|(_, cluster)| cluster.is_holder);
        holders.flat_map(|(number, cluster)| {
            cluster.secrets.iter().map(move |secret| SecretToDelete {
                cluster: number,
                secret,
            })
        })
    };
    let secrets: Vec<SecretToDelete<'_>> =
        all().filter(|one| selector.selects(one.secret)).collect();
    let others = secrets.iter().filter(|one| !is_remote(one.secret));
    let others = others.map(|one| not_remote(one, &clusters[one.cluster], &request.namespace));
    if let Some(error) = Error::all(others) {
        return Err(error);
    }
    let skipped: Vec<SecretToDelete<'_>> = all()
        .filter(|one| selector.is_about(one.secret) && !selector.selects(one.secret))
        .collect();
    if !secrets.is_empty() {
        let note = |one: &SecretToDelete<'_>| {
            let why = has_more(one, selector, clusters);
            format!(
                "{why}, so it is skipped; secret/{} deletes it",
                own_name(one.secret)
            )
        };
        let notes = skipped.iter().map(note).collect();
        return Ok(Selected { secrets, notes });
    }
    let errors = skipped.iter().map(|one| {
        let cluster = &clusters[one.cluster];
        let whole = format!("secret/{}", own_name(one.secret));
        let contexts = [cluster.context.as_str()];
        let why = has_more(one, selector, clusters);
        Error::usage(format!("{why}, and is deleted only by its own name")).hint(
            suite::secret_delete(&[&whole], &cluster.kubectl, &contexts, &request.namespace),
        )
    });
    match Error::all(errors) {
        Some(error) => Err(error),
        None if request.ignore_not_found => Ok(Selected::default()),
        None => {
            let error = not_found(selector, &request.namespace, clusters);
            if !state.is_partial {
                return Err(error);
            }
            Ok(Selected {
                secrets: Vec::new(),
                notes: vec![error.to_string()],
            })
        }
    }
}

/// Returns the change by which a secret is deleted.
pub(super) fn deleted(one: &SecretToDelete<'_>, clusters: &[ClusterSecrets]) -> Change {
    let keys: Vec<&str> = keys(one.secret).collect();
    let remote = if keys.is_empty() {
        "no cluster".to_owned()
    } else {
        keys.join(", ")
    };
    let context = &clusters[one.cluster].context;
    Change::new(context, object(one.secret), Action::Delete)
        .because(format!("gives access to {remote}"))
}

/// Returns which object a Secret is.
pub(super) fn object(secret: &Secret) -> ObjectRef {
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    ObjectRef::secret(namespace, own_name(secret))
}

fn keys(secret: &Secret) -> impl Iterator<Item = &str> {
    let data = secret.data.iter();
    data.flat_map(|data| data.keys().map(String::as_str))
}

/// Returns why the name of a cluster does not select a secret for that cluster.
fn has_more(one: &SecretToDelete<'_>, selector: &Selector, clusters: &[ClusterSecrets]) -> String {
    let secret = one.secret;
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let which = format!(
        "secret {namespace}/{} in context {}",
        own_name(secret),
        clusters[one.cluster].context
    );
    if own_name(secret) == CONFIG_SECRET {
        return format!("{which} is for the config cluster of an external istiod");
    }
    let keys: Vec<&str> = keys(secret).collect();
    format!(
        "{which} gives access to {}, not to {} alone",
        keys.join(" and "),
        selector.as_str()
    )
}

fn not_remote(one: &SecretToDelete<'_>, cluster: &ClusterSecrets, namespace: &str) -> Error {
    let (name, context) = (own_name(one.secret), &cluster.context);
    let kubectl = cluster.kubectl.in_namespace(namespace);
    Error::usage(format!(
        "secret {namespace}/{name} in context {context} is not a remote secret"
    ))
    .hint(kubectl.words("describe secret").arg(name))
}

fn not_found(selector: &Selector, namespace: &str, clusters: &[ClusterSecrets]) -> Error {
    let name = selector.as_str();
    let holders: Vec<&ClusterSecrets> = clusters.iter().filter(|one| one.is_holder).collect();
    let contexts: Vec<&str> = holders.iter().map(|one| one.context.as_str()).collect();
    let sentence = match contexts[..] {
        [context] => {
            format!("no remote secret {name} in namespace {namespace} of context {context}")
        }
        _ => {
            format!("no remote secret {name} in namespace {namespace} of any of the contexts")
        }
    };
    let mut error = Error::new(Kind::NotFound, sentence);
    let known = known_names(holders.iter().flat_map(|one| &one.secrets));
    let close = close_names(name, known.into_iter());
    if !close.is_empty() {
        error = error.hint(format!("did you mean {}?", close.join(", ")));
    }
    let kubectl = holders
        .first()
        .map(|one| one.kubectl.clone())
        .unwrap_or_default();
    error.hint(suite::secret_list(&kubectl, &contexts, namespace))
}

/// Returns what no two Secrets have in common.
fn uid(secret: &Secret) -> &str {
    secret.metadata.uid.as_deref().unwrap_or_default()
}
