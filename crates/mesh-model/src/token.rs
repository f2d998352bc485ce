//! Bearer tokens as facts: subject, audience, lifetime. No signature is checked here; only the API server can.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::cluster_name::{is_dns_label, is_dns_subdomain};

/// The shortest lifetime, in minutes, that Kubernetes grants.
/// Source: `ValidateTokenRequest` in Kubernetes' `pkg/apis/authentication/validation`.
pub const SHORTEST_MINUTES: u8 = 10;

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenFacts {
    /// Its subject, for example `system:serviceaccount:istio-system:istio-reader-service-account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Its audience; empty for the tokens of token Secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// The time of issue; absent in the tokens of token Secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Timestamp>,
    /// The time of expiry; `None` means that it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The Secret whose deletion revokes it, if it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// UID of that Secret, which is only in bound tokens.
    #[serde(skip)]
    pub secret_uid: Option<String>,
    /// UID of its ServiceAccount.
    #[serde(skip)]
    pub account_uid: Option<String>,
}

/// Reads the claims of a JSON web token; returns `None` if `token` is not one.
///
/// The private claims are Kubernetes' own:
/// <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>.
pub fn read(token: &str) -> Option<TokenFacts> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = |value: &Value| text(value).filter(|name| is_dns_subdomain(name));
    let time = |key: &str| {
        claims[key]
            .as_i64()
            .and_then(|s| Timestamp::from_second(s).ok())
    };
    let audience = match &claims["aud"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    Some(TokenFacts {
        subject: text(&claims["sub"]),
        issuer: text(&claims["iss"]),
        audience,
        issued_at: time("iat"),
        expires_at: time("exp"),
        secret: name(&claims["kubernetes.io/serviceaccount/secret.name"])
            .or_else(|| name(&claims["kubernetes.io"]["secret"]["name"])),
        secret_uid: text(&claims["kubernetes.io"]["secret"]["uid"]),
        account_uid: text(&claims["kubernetes.io/serviceaccount/service-account.uid"])
            .or_else(|| text(&claims["kubernetes.io"]["serviceaccount"]["uid"])),
    })
}

impl TokenFacts {
    /// Returns the remaining part of its lifetime at `now`, 0.0 to 1.0; `None` if it never expires or has no time of
    /// issue.
    pub fn life_left(&self, now: Timestamp) -> Option<f64> {
        let (from, to) = (self.issued_at?, self.expires_at?);
        let whole = to.duration_since(from).as_secs_f64();
        let left = to.duration_since(now).as_secs_f64();
        (whole > 0.0).then(|| (left / whole).clamp(0.0, 1.0))
    }

    /// Returns namespace and name of the ServiceAccount that it claims to belong to; `None` if no account can have that
    /// name.
    pub fn account(&self) -> Option<(&str, &str)> {
        let account = self
            .subject
            .as_ref()?
            .strip_prefix("system:serviceaccount:")?;
        account
            .split_once(':')
            .filter(|(namespace, name)| is_dns_label(namespace) && is_dns_subdomain(name))
    }

    /// Returns whether an API server that accepted the token authenticated it as the very ServiceAccount that the token
    /// claims to belong to. The name alone is not enough: a server that also accepts tokens of other issuers may have
    /// accepted one whose Kubernetes claims are forged.
    pub fn is_of(&self, user: &str, uid: &str) -> bool {
        self.account().is_some()
            && self.subject.as_deref() == Some(user)
            && !uid.is_empty()
            && self.account_uid.as_deref() == Some(uid)
    }

    /// Returns whether it has expired at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &Value) -> String {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            part("{}"),
            part(&claims.to_string()),
            part("signature")
        )
    }

    #[test]
    fn both_kinds_of_tokens_are_read() {
        let bound = read(&token(&serde_json::json!({
            "aud": ["https://a"], "iss": "https://i", "iat": 1000, "exp": 2000, "sub": "system:serviceaccount:n:a",
            "kubernetes.io": {"namespace": "n", "secret": {"name": "s", "uid": "u"}},
        })))
        .unwrap();
        assert_eq!(bound.secret.as_deref(), Some("s"));
        assert_eq!(
            bound.life_left(Timestamp::from_second(1750).unwrap()),
            Some(0.25)
        );
        assert!(bound.has_expired(Timestamp::from_second(2000).unwrap()));

        let legacy = read(&token(&serde_json::json!({
            "iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:n:a",
            "kubernetes.io/serviceaccount/secret.name": "old",
        })))
        .unwrap();
        assert_eq!(
            (legacy.secret.as_deref(), legacy.expires_at),
            (Some("old"), None)
        );
        assert!(!legacy.has_expired(Timestamp::MAX));
    }

    #[test]
    fn claims_that_no_object_can_be_called_are_no_names() {
        for bad in [
            "victim/proxy/quit?x=",
            "a/../b",
            "..",
            "a%2fb",
            "A",
            "a b",
            "a:b",
            "",
        ] {
            let facts = |namespace: &str, account: &str, secret: &str| {
                read(&token(&serde_json::json!({
                    "sub": format!("system:serviceaccount:{namespace}:{account}"),
                    "kubernetes.io": {"secret": {"name": secret, "uid": "u"}},
                })))
                .unwrap()
            };
            assert_eq!(facts(bad, "a", "s").account(), None, "{bad}");
            assert_eq!(facts("n", bad, "s").account(), None, "{bad}");
            assert_eq!(facts("n", "a", bad).secret, None, "{bad}");
            assert_eq!(facts("n", "a", "s.t").account(), Some(("n", "a")));
        }
    }

    #[test]
    fn an_accepted_token_is_of_its_account_by_name_and_uid_alone() {
        let user = "system:serviceaccount:n:a";
        let of = |claims: Value| read(&token(&claims)).unwrap();
        let bound =
            of(serde_json::json!({"sub": user, "kubernetes.io": {"serviceaccount": {"uid": "u"}}}));
        let kept = of(
            serde_json::json!({"sub": user, "kubernetes.io/serviceaccount/service-account.uid": "u"}),
        );
        for facts in [&bound, &kept] {
            assert!(facts.is_of(user, "u"));
            for (name, uid) in [
                (user, "v"),
                (user, ""),
                ("system:serviceaccount:n:b", "u"),
                ("a", "u"),
            ] {
                assert!(!facts.is_of(name, uid), "{name} {uid}");
            }
        }
        let silent = of(serde_json::json!({"sub": user}));
        assert!(!silent.is_of(user, "") && !silent.is_of(user, "u"));
        let person = of(
            serde_json::json!({"sub": "jane", "kubernetes.io": {"serviceaccount": {"uid": "u"}}}),
        );
        assert!(!person.is_of("jane", "u"));
    }

    #[test]
    fn what_is_no_web_token_is_none() {
        for text in ["", "abc", "a.b.c", "a.e30", "e30.!!.x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
