//! Granting connections to the ports of pods.
//!
//! `server::forward` carries the bytes of a connection that was granted.

use crate::access::authz;
use crate::model::answer::Answer;
use crate::model::attributes::Attributes;
use crate::model::failure::Failure;
use crate::model::forward::{Forward, PROTOCOL};
use crate::model::kinds::Kind;
use crate::model::request::{Request, ResourcePath};
use crate::model::user::User;
use crate::state::shared::State;
use crate::state::store::Key;
use http::header::{SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};

/// Grants a connection to a port of a pod.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Kind,
    user: &User,
) -> Result<Answer, Failure> {
    may_create(state, request, path, kind, user)?;
    let key = Key::new(kind, &path.namespace, &path.name);
    let pod = state.store.get(&key);
    let pod = pod.ok_or_else(|| Failure::not_found(kind, &path.name))?;
    if pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
        let why = format!("pod {} does not have a host assigned", path.name);
        return Err(Failure::bad_request(why));
    }
    let header = |name| {
        let value = request.headers.get(name);
        value.and_then(|value| value.to_str().ok())
    };
    if header(UPGRADE) != Some("websocket") {
        return Err(Failure::bad_request("Upgrade request required"));
    }
    let (Some(PROTOCOL), Some(key), Ok(port)) = (
        header(SEC_WEBSOCKET_PROTOCOL),
        header(SEC_WEBSOCKET_KEY),
        request.query("ports").parse(),
    ) else {
        return Err(Failure::not_implemented(
            "forwarding anything but one port over v4.channel.k8s.io",
        ));
    };
    let address = (path.namespace.clone(), path.name.clone(), port);
    Ok(Answer::Forward(Forward {
        key: key.to_owned(),
        pod: format!("{}/{}", path.name, path.namespace),
        port,
        at: state.ports.get(&address).cloned(),
    }))
}

/// Over WebSocket the request is a GET; the right to `create` is needed all the same.
/// Source: `ensureAuthorizedForVerb` in Kubernetes' `pkg/registry/core/pod/rest/authorize.go`.
fn may_create(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    kind: &Kind,
    user: &User,
) -> Result<(), Failure> {
    let create = Attributes {
        verb: "create".to_owned(),
        ..request.target.attributes.clone()
    };
    match authz::decide(state, user, &create) {
        Some(_) => Ok(()),
        None => Err(Failure::forbidden(kind, &path.name, "")),
    }
}
