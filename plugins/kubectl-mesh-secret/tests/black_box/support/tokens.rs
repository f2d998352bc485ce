//! Web tokens that no cluster would accept, to be looked at only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A token of the reader that was issued and ends so many seconds from now.
pub(crate) fn token_from_to(from: i64, to: i64) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the plugin under test judges by the machine's clock"
    )]
    let now = jiff::Timestamp::now().as_second();
    token_of(
        &json!({"sub": "system:serviceaccount:istio-system:istio-reader-service-account",
        "iat": now + from, "exp": now + to}),
    )
}

/// A token with these claims, and no signature.
pub(crate) fn token_of(claims: &Value) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let header = part("{}");
    format!("{header}.{}.{}", part(&claims.to_string()), part("none"))
}
