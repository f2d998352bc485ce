//! From a request to an answer: who asks, whether that is allowed, and which handler knows the rest.
//!
//! Order as in the API server: authentication, impersonation, authorization, and only then whether the resource exists.

use std::sync::Arc;

use http::Method;

use crate::access::authentication;
use crate::access::authz;
use crate::model::answer::Answer;
use crate::model::failure::Failure;
use crate::model::kinds::{self, Kind};
use crate::model::request::{Request, ResourcePath};
use crate::model::user::User;
use crate::state::shared::{Shared, State};
use crate::verbs::call;
use crate::verbs::change;
use crate::verbs::create;
use crate::verbs::delete;
use crate::verbs::discovery;
use crate::verbs::port_forward;
use crate::verbs::read;
use crate::verbs::reviews;
use crate::verbs::scale;
use crate::verbs::watch;

/// Answers one request.
pub(crate) fn handle(
    shared: &Shared,
    request: &Request,
    user: Result<User, Failure>,
) -> Result<Answer, Failure> {
    let outcome = {
        let mut state = shared.lock();
        let user = authentication::impersonate(&state, user?, &request.headers, &request.target)?;
        authz::authorize(&state, &user, &request.target.attributes)?;
        match &request.target.resource {
            None => discovery::answer(&state, request),
            Some(path) => resource(shared, &mut state, request, path, &user),
        }
    };
    if outcome.is_ok() && request.method != Method::GET {
        aftermath(shared, request);
    }
    outcome
}

/// Does what controllers would do after a write.
fn aftermath(shared: &Shared, request: &Request) {
    match request.target.attributes.resource.as_str() {
        "secrets" | "serviceaccounts" | "namespaces" => shared.wake_token_controller(),
        "customresourcedefinitions" => shared.lock().refresh_kinds(),
        _ => {}
    }
}

fn resource(
    shared: &Shared,
    state: &mut State,
    request: &Request,
    path: &ResourcePath,
    user: &User,
) -> Result<Answer, Failure> {
    if let Some(answer) = reviews::answer(state, request, path, user) {
        return answer;
    }
    let Some(kind) = state
        .kind(&path.group, &path.resource)
        .filter(|kind| kind.version == path.version)
    else {
        return unknown(state, path);
    };
    if kind.namespaced && path.namespace.is_empty() && !path.name.is_empty() {
        return Err(Failure::no_such_resource());
    }
    match path.subresource.as_str() {
        "" => {}
        "status" if kind.status => {}
        "token" if kind.resource == "serviceaccounts" => {
            return reviews::token_request(state, request, path);
        }
        "scale" if kind.resource == "deployments" => {
            return scale::answer(state, &call::Call::new(request, path, &kind));
        }
        "portforward" if kind.resource == "pods" && request.method == Method::GET => {
            return port_forward::answer(state, request, path, &kind, user);
        }
        other => return subresource(&kind, other),
    }
    verb(shared, state, request, path, &kind)
}

fn verb(
    shared: &Shared,
    state: &mut State,
    request: &Request,
    path: &ResourcePath,
    kind: &Arc<Kind>,
) -> Result<Answer, Failure> {
    let status = !path.subresource.is_empty();
    let call = call::Call::new(request, path, kind);
    match request.target.attributes.verb.as_str() {
        "get" => read::get(state, request, path, kind),
        "list" => read::list(state, request, path, kind),
        "watch" => watch::start(shared, state, request, path, kind),
        "create" if path.name.is_empty() && !status => create::create(state, &call),
        "update" if !path.name.is_empty() => change::update(state, &call),
        "patch" if !path.name.is_empty() => change::patch(state, &call),
        "delete" if !status => delete::delete(state, &call),
        // Namespaces and services have no DELETE of the whole collection.
        "deletecollection" if !status && !["namespaces"].contains(&kind.resource.as_str()) => {
            delete::delete_collection(state, &call)
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn unknown(state: &State, path: &ResourcePath) -> Result<Answer, Failure> {
    let of_group = |kind: &&Arc<Kind>| kind.group == path.group;
    let mut defined = state
        .kinds
        .iter()
        .filter(of_group)
        .filter(|kind| kind.is_custom());
    let custom = defined.clone().next().is_some();
    // Istio and the Gateway API serve what they serve in older versions as well.
    let older = path.version.starts_with("v1alpha") || path.version.starts_with("v1beta");
    if defined.any(|kind| kind.resource == path.resource && older)
        || kinds::only_in_real_clusters(&path.group, &path.resource, custom)
    {
        return Err(Failure::not_implemented(&kinds::dotted(
            &path.resource,
            &path.group,
        )));
    }
    let served = state.kinds.iter().any(|kind| kind.group == path.group);
    if served && !custom {
        return Err(Failure::no_such_resource());
    }
    Ok(Answer::Text(404, "404 page not found\n".to_owned()))
}

fn subresource(kind: &Kind, name: &str) -> Result<Answer, Failure> {
    let real = match kind.resource.as_str() {
        "pods" => [
            "attach",
            "binding",
            "ephemeralcontainers",
            "eviction",
            "exec",
            "log",
            "portforward",
            "proxy",
            "resize",
        ]
        .as_slice(),
        "services" | "nodes" => &["proxy"],
        "namespaces" => &["finalize"],
        _ if kind.is_custom() => &["scale"],
        _ => &[],
    };
    if real.contains(&name.split('/').next().unwrap_or_default()) {
        return Err(Failure::not_implemented(&format!(
            "{}/{name}",
            kind.resource
        )));
    }
    Err(Failure::no_such_resource())
}
