//! The headers of every request.

use std::sync::Arc;

use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Impersonation;
use mesh_model::Error;

/// Returns the headers of the next request; a token from a file may have changed by then.
pub(super) type Headers = Arc<dyn Fn() -> HeaderMap + Send + Sync>;

/// Returns the headers of every request.
///
/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation>
pub(super) fn headers(
    user_agent: &str,
    authorization: Option<HeaderValue>,
    impersonation: Option<&Impersonation>,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Ok(value) = HeaderValue::try_from(user_agent) {
        headers.insert(USER_AGENT, value);
    }
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value);
    }
    if let Some(acting) = impersonation {
        headers.insert("impersonate-user", value("--as", &acting.user)?);
        for group in &acting.groups {
            headers.append("impersonate-group", value("--as-group", group)?);
        }
        if let Some(uid) = &acting.uid {
            headers.insert("impersonate-uid", value("--as-uid", uid)?);
        }
        for (key, values) in &acting.extra {
            let name = HeaderName::try_from(format!("impersonate-extra-{}", escape(key)))
                .map_err(|_| not_allowed("as-user-extra", key))?;
            for extra in values {
                headers.append(name.clone(), value("as-user-extra", extra)?);
            }
        }
    }
    Ok(headers)
}

fn value(flag: &str, text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text).map_err(|_| not_allowed(flag, text))
}

fn not_allowed(flag: &str, text: &str) -> Error {
    Error::usage(format!(
        "{flag} {text:?} holds characters that cannot be sent"
    ))
}

/// Returns the key with all characters escaped that a header's name cannot contain, as client-go does.
fn escape(key: &str) -> String {
    use std::fmt::Write as _;
    key.bytes().fold(String::new(), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            name.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impersonation_is_spelled_as_the_server_reads_it() {
        let acting = Impersonation {
            user: "jane".to_owned(),
            groups: vec!["a".to_owned(), "b".to_owned()],
            uid: Some("7".to_owned()),
            extra: vec![("example.org/scopes".to_owned(), vec!["view".to_owned()])],
        };
        let headers = headers("mesh/1", None, Some(&acting)).unwrap();
        assert_eq!(headers["impersonate-user"], "jane");
        assert_eq!(headers.get_all("impersonate-group").iter().count(), 2);
        assert_eq!(headers["impersonate-uid"], "7");
        assert_eq!(headers["impersonate-extra-example.org%2Fscopes"], "view");
        assert_eq!(headers["user-agent"], "mesh/1");
    }
}
