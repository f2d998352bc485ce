//! Which secrets go. Pure.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::command::{Command, Kubectl};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::fleet::left_out;
use mesh_common::model::names::CONFIG_SECRET;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::suggest::close_names;

use super::names::{Name, is_remote, known};
use super::observe::Place;

/// A secret that is to go.
#[derive(Clone, Copy)]
pub(super) struct Doomed<'a> {
    /// The number of its place.
    pub place: usize,
    pub secret: &'a Secret,
}

/// What was asked for.
pub(super) struct Order<'a> {
    pub names: &'a [Name],
    pub namespace: &'a str,
    /// Whether a name that no secret goes by is no error.
    pub ignore_not_found: bool,
    /// Whether some holder was not read, in which a name may be known.
    pub is_partial: bool,
}

/// What is to be done, and what is to be said of it beforehand.
pub(super) struct Plan<'a> {
    pub doomed: Vec<Doomed<'a>>,
    pub notes: Vec<String>,
}

/// The secrets that go by the names, each once whatever the number of contexts that lead to it.
///
/// # Errors
/// All names that no secret goes by, and those that would take more than was said, joined.
pub(super) fn plan<'a>(order: &Order<'_>, places: &'a [Place]) -> Result<Plan<'a>, Error> {
    let (mut plan, mut wrong) = (
        Plan {
            doomed: Vec::new(),
            notes: Vec::new(),
        },
        Vec::new(),
    );
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for name in order.names {
        match of_name(name, order, places) {
            Ok((doomed, notes)) => {
                plan.notes.extend(notes);
                for one in doomed {
                    // A Secret may go by two names, and a cluster have two contexts.
                    match first.get(uid(one.secret)) {
                        Some(place) if *place == one.place => {}
                        Some(place) => plan.notes.push(left_out(
                            &places[one.place].context,
                            &places[*place].context,
                        )),
                        None => {
                            first.insert(uid(one.secret), one.place);
                            plan.doomed.push(one);
                        }
                    }
                }
            }
            Err(error) => wrong.push(error),
        }
    }
    plan.notes.sort();
    plan.notes.dedup();
    plan.doomed.sort_by_key(|one| one.place);
    Error::all(wrong).map_or(Ok(plan), Err)
}

/// What one name takes, and what is to be said of secrets that stay.
fn of_name<'a>(
    name: &Name,
    order: &Order<'_>,
    places: &'a [Place],
) -> Result<(Vec<Doomed<'a>>, Vec<String>), Error> {
    let all = || {
        let holders = places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.is_holder);
        holders.flat_map(|(number, place)| {
            place.secrets.iter().map(move |secret| Doomed {
                place: number,
                secret,
            })
        })
    };
    let taken: Vec<Doomed<'_>> = all().filter(|one| name.takes(one.secret)).collect();
    let strangers = taken.iter().filter(|one| !is_remote(one.secret));
    let strangers = strangers.map(|one| stranger(one, &places[one.place], order.namespace));
    if let Some(error) = Error::all(strangers) {
        return Err(error);
    }
    let stay: Vec<Doomed<'_>> = all()
        .filter(|one| name.is_about(one.secret) && !name.takes(one.secret))
        .collect();
    if !taken.is_empty() {
        let stays = |one: &Doomed<'_>| {
            let why = is_more(one, name, places);
            format!(
                "{why}, so it stays; secret/{} deletes it",
                own_name(one.secret)
            )
        };
        return Ok((taken, stay.iter().map(stays).collect()));
    }
    let errors = stay.iter().map(|one| {
        let contexts = [places[one.place].context.as_str()];
        let whole = format!("secret/{}", own_name(one.secret));
        let command = Command::new("kubectl mesh-secret delete").arg(&whole);
        Error::usage(is_more(one, name, places))
            .hint("delete all of it with the next command, or nothing")
            .hint(on(
                command,
                &places[one.place].kubectl,
                &contexts,
                order.namespace,
            ))
    });
    match Error::all(errors) {
        Some(error) => Err(error),
        None if order.ignore_not_found => Ok((Vec::new(), Vec::new())),
        None => {
            let error = not_found(name, order, places);
            if order.is_partial {
                Ok((Vec::new(), vec![error.to_string()]))
            } else {
                Err(error)
            }
        }
    }
}

/// Why the name of a cluster does not take a secret that leads there.
fn is_more(one: &Doomed<'_>, name: &Name, places: &[Place]) -> String {
    let secret = one.secret;
    let context = &places[one.place].context;
    let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
    let which = format!(
        "secret {namespace}/{} in context {context}",
        own_name(secret)
    );
    if own_name(secret) == CONFIG_SECRET {
        return format!("{which} is an external istiod's own");
    }
    let keys: Vec<&str> = secret
        .data
        .iter()
        .flat_map(|data| data.keys().map(String::as_str))
        .collect();
    format!(
        "{which} leads to {}, not to {} alone",
        keys.join(" and "),
        name.as_str()
    )
}

fn stranger(one: &Doomed<'_>, place: &Place, namespace: &str) -> Error {
    let (name, context) = (own_name(one.secret), &place.context);
    Error::usage(format!(
        "secret {namespace}/{name} in context {context} is no remote secret"
    ))
    .hint(
        place
            .kubectl
            .in_namespace(namespace)
            .words("describe secret")
            .arg(name),
    )
}

fn not_found(name: &Name, order: &Order<'_>, places: &[Place]) -> Error {
    let namespace = order.namespace;
    let holders: Vec<&Place> = places.iter().filter(|place| place.is_holder).collect();
    let contexts: Vec<&str> = holders.iter().map(|place| place.context.as_str()).collect();
    let sentence = match contexts[..] {
        [context] => format!(
            "namespace {namespace} of context {context} holds no remote secret {}",
            name.as_str()
        ),
        _ => format!(
            "namespace {namespace} holds no remote secret {} in any of the contexts",
            name.as_str()
        ),
    };
    let mut error = Error::new(Kind::NotFound, sentence);
    let known = known(holders.iter().flat_map(|place| &place.secrets));
    let close = close_names(name.as_str(), known.into_iter());
    if !close.is_empty() {
        error = error.hint(format!("did you mean {}?", close.join(", ")));
    }
    let kubectl = holders
        .first()
        .map(|place| place.kubectl.clone())
        .unwrap_or_default();
    let list = Command::new("kubectl mesh-secret list");
    error.hint(on(list, &kubectl, &contexts, namespace))
}

/// The same for these contexts and that namespace.
pub(super) fn on(
    command: Command,
    kubectl: &Kubectl,
    contexts: &[&str],
    namespace: &str,
) -> Command {
    command
        .kubeconfig_of(kubectl)
        .flag("--context", &contexts.join(","))
        .istio_namespace(namespace)
}

/// What no two Secrets have in common.
fn uid(secret: &Secret) -> &str {
    secret.metadata.uid.as_deref().unwrap_or_default()
}
