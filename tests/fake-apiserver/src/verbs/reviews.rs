//! Kinds that are answered and not stored: access reviews, identity reviews, token reviews, `TokenRequest`.
//!
//! Shapes: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access> and what a real API server
//! was seen to answer.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::access::authz;
use crate::model::answer::Answer;
use crate::model::attributes::Attributes;
use crate::model::failure::{Cause, Failure};
use crate::model::kinds::{self, Kind};
use crate::model::request::{Request, ResourcePath};
use crate::model::user::User;
use crate::objects::owners::{Owners, Writer};
use crate::state::clock;
use crate::state::grants::Grant;
use crate::state::random;
use crate::state::shared::State;
use crate::state::store::Key;
use crate::verbs::call;

const AUTHORIZATION: &str = "authorization.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// The review kinds, for discovery: group, resource, kind.
pub(crate) const REVIEWS: [(&str, &str, &str); 5] = [
    (
        AUTHORIZATION,
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
    ),
    (
        AUTHORIZATION,
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
    ),
    (AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview"),
    (AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview"),
    (AUTHENTICATION, "tokenreviews", "TokenReview"),
];

/// The answer, where the request is a review at all.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    path: &ResourcePath,
    user: &User,
) -> Option<Result<Answer, Failure>> {
    let known = REVIEWS
        .iter()
        .find(|(group, resource, _)| *group == path.group && *resource == path.resource);
    if path.group == AUTHORIZATION && path.resource == "localsubjectaccessreviews" {
        return Some(Err(Failure::not_implemented("LocalSubjectAccessReview")));
    }
    let (_, resource, kind) = known?;
    if path.version != "v1" {
        return None;
    }
    if request.method != http::Method::POST || !path.name.is_empty() {
        return Some(Err(Failure::method_not_allowed()));
    }
    let review = || -> Result<Value, Failure> {
        let mut body = call::decode(request, kind)?;
        body["kind"] = (*kind).into();
        body["apiVersion"] = format!("{}/v1", path.group).into();
        body["status"] = match *resource {
            "selfsubjectaccessreviews" => access(state, user, &body["spec"])?,
            "subjectaccessreviews" => access(state, &user_of(&body["spec"]), &body["spec"])?,
            "selfsubjectrulesreviews" => rules(state, user, &mut body)?,
            "selfsubjectreviews" => json!({"userInfo": user.to_json()}),
            _ => token(state, body["spec"]["token"].as_str().unwrap_or_default()),
        };
        if !body["metadata"].is_object() {
            body["metadata"] = json!({});
        }
        match *resource {
            "selfsubjectreviews" => {
                body["metadata"]["creationTimestamp"] = state.clock.text().into();
            }
            "selfsubjectrulesreviews" => {}
            _ => {
                let spec = body["spec"].clone();
                own(
                    state,
                    request,
                    &kinds::passing(&path.group, resource, kind),
                    "",
                    &spec,
                    &mut body,
                );
            }
        }
        Ok(body)
    };
    Some(review().map(|body| Answer::Json(201, body)))
}

/// Notes who wrote the specification, as if the object were stored.
fn own(
    state: &State,
    request: &Request,
    kind: &Kind,
    subresource: &str,
    spec: &Value,
    body: &mut Value,
) {
    let manager = request.query("fieldManager");
    let writer = Writer {
        apply: false,
        manager: if manager.is_empty() {
            request.default_manager()
        } else {
            manager.to_owned()
        },
        api_version: kind.api_version(),
        subresource: subresource.to_owned(),
    };
    let mut owners = Owners::default();
    owners.create(kind, &writer, &json!({"spec": spec}));
    owners.touch(&writer, &state.clock.text());
    owners.write_to(body);
}

fn user_of(spec: &Value) -> User {
    let list = |value: &Value| -> Vec<String> {
        let values = value.as_array().into_iter().flatten();
        values
            .filter_map(|value| value.as_str().map(ToOwned::to_owned))
            .collect()
    };
    User {
        name: spec["user"].as_str().unwrap_or_default().to_owned(),
        groups: list(&spec["groups"]),
        ..User::default()
    }
}

fn access(state: &State, user: &User, spec: &Value) -> Result<Value, Failure> {
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    if resource.is_object() == path.is_object() {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let cause = Cause::invalid("spec.resourceAttributes", &Value::Null, why);
        return Err(Failure::invalid(AUTHORIZATION, "", "", &[cause]));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attributes = if resource.is_object() {
        let sub = text(&resource["subresource"]);
        let plain = text(&resource["resource"]);
        Attributes {
            verb: text(&resource["verb"]),
            group: text(&resource["group"]),
            resource: if sub.is_empty() {
                plain
            } else {
                format!("{plain}/{sub}")
            },
            namespace: text(&resource["namespace"]),
            name: text(&resource["name"]),
            path: String::new(),
        }
    } else {
        Attributes {
            verb: text(&path["verb"]),
            path: text(&path["path"]),
            ..Attributes::default()
        }
    };
    Ok(match authz::decide(state, user, &attributes) {
        None => json!({"allowed": false}),
        Some(reason) if reason.is_empty() => json!({"allowed": true}),
        Some(reason) => json!({"allowed": true, "reason": reason}),
    })
}

fn rules(state: &State, user: &User, body: &mut Value) -> Result<Value, Failure> {
    let namespace = body["spec"]["namespace"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if namespace.is_empty() {
        return Err(Failure::bad_request("no namespace on request"));
    }
    body["spec"] = json!({});
    let (paths, resources): (Vec<Value>, Vec<Value>) = authz::rules_of(state, user, &namespace)
        .into_iter()
        .partition(|rule| rule["nonResourceURLs"].is_array());
    let incomplete = authz::is_incomplete(state, user);
    Ok(json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": incomplete}))
}

fn token(state: &State, token: &str) -> Value {
    match state.user_of_token(token) {
        Some(user) => json!({
            "authenticated": true,
            "user": user.to_json(),
            "audiences": state.audiences_of_token(token),
        }),
        None => json!({"user": {}, "error": "invalid bearer token"}),
    }
}

/// `POST …/serviceaccounts/NAME/token`
/// (<https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>).
pub(crate) fn token_request(
    state: &mut State,
    request: &Request,
    path: &ResourcePath,
) -> Result<Answer, Failure> {
    if request.method != http::Method::POST {
        return Err(Failure::method_not_allowed());
    }
    let mut body = call::decode(request, "TokenRequest")?;
    let kind = state
        .kind("", "serviceaccounts")
        .expect("accounts are built in");
    let key = Key::new(&kind, &path.namespace, &path.name);
    let account = state
        .store
        .get(&key)
        .ok_or_else(|| Failure::not_found(&kind, &path.name))?;
    let seconds = duration(&body["spec"])?;
    let bound = bound_object(state, path, &body["spec"]["boundObjectRef"])?;
    let granted = state.longest_token.map_or(seconds, |longest| {
        seconds.min(i64::try_from(longest.as_secs()).unwrap_or(i64::MAX))
    });
    let audiences = audiences(state, &body["spec"]);
    let uid = account["metadata"]["uid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let (token, expires) = mint(state, path, &uid, bound, granted, &audiences);
    body["kind"] = "TokenRequest".into();
    body["apiVersion"] = format!("{AUTHENTICATION}/v1").into();
    body["metadata"] = json!({
        "name": path.name,
        "namespace": path.namespace,
        "uid": uid,
        "creationTimestamp": state.clock.text(),
    });
    let mut spec = body["spec"].clone();
    spec["expirationSeconds"] = granted.into();
    let passing = kinds::passing(AUTHENTICATION, "tokenrequests", "TokenRequest");
    own(state, request, &passing, "token", &spec, &mut body);
    body["spec"] = json!({
        "audiences": audiences,
        "expirationSeconds": granted,
        "boundObjectRef": body["spec"]["boundObjectRef"],
    });
    body["status"] = json!({"token": token, "expirationTimestamp": expires});
    Ok(Answer::Json(201, body))
}

fn audiences(state: &State, spec: &Value) -> Vec<String> {
    let asked: Vec<String> = spec["audiences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|audience| audience.as_str().map(ToOwned::to_owned))
        .collect();
    if asked.is_empty() {
        vec![state.signer.issuer.clone()]
    } else {
        asked
    }
}

fn duration(spec: &Value) -> Result<i64, Failure> {
    let Some(seconds) = spec["expirationSeconds"].as_i64() else {
        return Ok(3600);
    };
    let why = if seconds < 600 {
        "may not specify a duration less than 10 minutes"
    } else if seconds > 1 << 32 {
        "may not specify a duration larger than 2^32 seconds"
    } else {
        return Ok(seconds);
    };
    let cause = Cause::invalid("spec.expirationSeconds", &seconds.into(), why);
    Err(Failure::invalid(
        AUTHENTICATION,
        "TokenRequest",
        "",
        &[cause],
    ))
}

/// The object that the token is bound to: a Secret or a Pod of the same namespace.
fn bound_object(
    state: &State,
    path: &ResourcePath,
    reference: &Value,
) -> Result<Option<(Key, String)>, Failure> {
    if !reference.is_object() {
        return Ok(None);
    }
    let text = |field: &str| reference[field].as_str().unwrap_or_default();
    let resource = match (text("apiVersion"), text("kind")) {
        ("v1", "Secret") => "secrets",
        ("v1", "Pod") => "pods",
        (version, kind) => {
            let version = if version.contains('/') {
                version.to_owned()
            } else {
                format!("/{version}")
            };
            return Err(Failure::bad_request(format!(
                "cannot bind token to object of type {version}, Kind={kind}"
            )));
        }
    };
    let kind = state.kind("", resource).expect("both are built in");
    let key = Key::new(&kind, &path.namespace, text("name"));
    let uid = state
        .uid_of(&key)
        .ok_or_else(|| Failure::not_found(&kind, text("name")))?;
    let wanted = text("uid");
    if !wanted.is_empty() && wanted != uid {
        return Err(Failure::precondition(
            &kind,
            text("name"),
            &format!(
                "the UID in the bound object reference ({wanted}) does not match the UID in record. The object might have been deleted and then recreated"
            ),
        ));
    }
    Ok(Some((key, uid)))
}

fn mint(
    state: &mut State,
    path: &ResourcePath,
    account_uid: &str,
    bound: Option<(Key, String)>,
    seconds: i64,
    audiences: &[String],
) -> (String, String) {
    let now = state.clock.now();
    let expires = now + SignedDuration::from_secs(seconds);
    let id = random::uid();
    let mut private = json!({
        "namespace": path.namespace,
        "serviceaccount": {"name": path.name, "uid": account_uid},
    });
    if let Some((key, uid)) = &bound {
        let what = if key.resource == "pods" {
            "pod"
        } else {
            "secret"
        };
        private[what] = json!({"name": key.name, "uid": uid});
    }
    let claims = json!({
        "aud": audiences,
        "exp": expires.as_second(),
        "iat": now.as_second(),
        "iss": state.signer.issuer,
        "jti": id,
        "kubernetes.io": private,
        "nbf": now.as_second(),
        "sub": format!("system:serviceaccount:{}:{}", path.namespace, path.name),
    });
    let token = state.signer.sign(&claims);
    state.tokens.insert(
        token.clone(),
        Grant::Requested {
            namespace: path.namespace.clone(),
            account: path.name.clone(),
            account_uid: account_uid.to_owned(),
            bound,
            expires,
            id,
            audiences: audiences.to_vec(),
        },
    );
    (token, clock::text(expires))
}
