//! Authentication of requests: client certificate, bearer token, impersonation.
//!
//! Whether the user may do something is decided in `authz`. Order and words are the API server's:
//! <https://kubernetes.io/docs/reference/access-authn-authz/authentication/>.

use std::collections::BTreeMap;

use http::HeaderMap;

use super::authz;
use crate::model::failure::Failure;
use crate::model::request::Target;
use crate::model::user::{AUTHENTICATED, Certificate, User};
use crate::state::shared::State;

/// Finds the user of a request, before impersonation.
pub(crate) fn authenticate(
    state: &State,
    certificate: &Certificate,
    headers: &HeaderMap,
) -> Result<User, Failure> {
    if let Certificate::Of(user) = certificate {
        return Ok(user.clone());
    }
    if let Some(token) = bearer(headers) {
        return state.user_of_token(token).ok_or_else(Failure::unauthorized);
    }
    match certificate {
        Certificate::Refused => Err(Failure::unauthorized()),
        Certificate::None | Certificate::Of(_) => Ok(User::anonymous()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// The user that the request wants to be, if it may.
pub(crate) fn impersonate(
    state: &State,
    user: User,
    headers: &HeaderMap,
    target: &Target,
) -> Result<User, Failure> {
    let wanted = wanted(headers);
    if wanted == User::default() {
        return Ok(user);
    }
    if wanted.name.is_empty() {
        return Err(Failure::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:{:?}, Groups:{}, Extra:map[string][]string(nil)}} without impersonating a user name",
            wanted.uid,
            go_strings(&wanted.groups),
        )));
    }
    authz::may_impersonate(state, &user, &wanted, target)?;
    Ok(effective(wanted))
}

fn wanted(headers: &HeaderMap) -> User {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let mut wanted = User {
        name: text("impersonate-user"),
        uid: text("impersonate-uid"),
        groups: headers
            .get_all("impersonate-group")
            .iter()
            .filter_map(|value| value.to_str().ok().map(ToOwned::to_owned))
            .collect(),
        extra: BTreeMap::new(),
    };
    for (name, value) in headers {
        if let Some(key) = name.as_str().strip_prefix("impersonate-extra-")
            && let Ok(value) = value.to_str()
        {
            wanted
                .extra
                .entry(key.to_owned())
                .or_default()
                .push(value.to_owned());
        }
    }
    wanted
}

/// A ServiceAccount brings its groups along; anybody but the anonymous user counts as authenticated.
fn effective(mut wanted: User) -> User {
    if wanted.groups.is_empty()
        && let Some((namespace, _)) = wanted
            .name
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'))
    {
        wanted.groups = vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
        ];
    }
    let group = if wanted.name == "system:anonymous" {
        "system:unauthenticated"
    } else {
        AUTHENTICATED
    };
    if !wanted.groups.iter().any(|known| known == group) {
        wanted.groups.push(group.to_owned());
    }
    wanted
}

fn go_strings(values: &[String]) -> String {
    if values.is_empty() {
        return "[]string(nil)".to_owned();
    }
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    format!("[]string{{{}}}", quoted.join(", "))
}
