//! Tokens of readers: JSON Web Tokens that a cluster accepts as the reader's, of any age and lifetime. No key signs them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use crate::pki::hours_from_now;

/// The user of a reader's token.
const READER: &str = "system:serviceaccount:istio-system:istio-reader-service-account";

/// A token as a placeholder asks for it.
pub(super) struct Token {
    /// The cluster that accepts it, if any does.
    pub(super) cluster: String,
    pub(super) user: String,
    pub(super) text: String,
}

impl Token {
    /// Reads `CLUSTER`, `CLUSTER:FROM:TO` or `CLUSTER:FROM:TO:ACCOUNT`; from and to are days from now, such as `-10` and `20`, and `to`
    /// may be `never`. The account is one of istio-system unless it has a namespace before a slash.
    pub(super) fn of(text: &str) -> Self {
        let mut parts = text.split(':');
        let cluster = parts.next().unwrap_or_default();
        let from = parts.next().unwrap_or("0");
        let to = parts.next().unwrap_or("365");
        let account = parts.next();
        let user = account.map_or(READER.to_owned(), |account| {
            let (namespace, name) = account.split_once('/').unwrap_or(("istio-system", account));
            format!("system:serviceaccount:{namespace}:{name}")
        });
        let mut claims = json!({"iss": format!("https://kubernetes.default.svc.{cluster}"), "sub": user, "iat": days(from)});
        if to != "never" {
            claims["exp"] = days(to).into();
        }
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let head = part(&json!({"alg": "none"}).to_string());
        Self {
            cluster: cluster.to_owned(),
            user,
            text: format!("{head}.{}.{}", part(&claims.to_string()), part("unsigned")),
        }
    }
}

fn days(text: &str) -> i64 {
    from_now(text).as_second()
}

/// The moment that is so many days from now.
pub(super) fn from_now(days: &str) -> Timestamp {
    let days: i64 = days
        .parse()
        .unwrap_or_else(|error| panic!("days from now: {days}: {error}"));
    hours_from_now(24 * days)
}
