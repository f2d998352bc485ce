//! The legacy `auth-provider`: only an unexpired OIDC token can still be used.
//!
//! kubectl dropped gcp and azure in 1.26 and refreshes oidc itself; the suite does not refresh tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::AuthProvider;
use mesh_model::Error;
use mesh_model::command::Kubectl;
use mesh_model::error::Kind;

/// The number of seconds before its expiry from which a token counts as expired.
const MARGIN: i64 = 10;

/// Returns the provider's token, if it can be used at `now`.
pub(super) fn token(
    provider: &AuthProvider,
    whose: &str,
    kubectl: &Kubectl,
    now: Timestamp,
) -> Result<SecretString, Error> {
    if provider.name != "oidc" {
        return Err(Error::new(Kind::Unauthenticated, format!(
            "{whose} authenticates by the auth-provider {}, which Kubernetes has dropped",
            provider.name
        ))
        .hint("move to an exec credential plugin: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"));
    }
    let renew = kubectl.command().words("get --raw /version");
    let Some(token) = &provider.id_token else {
        return Err(Error::new(
            Kind::Unauthenticated,
            format!("{whose} authenticates by oidc and holds no id-token yet"),
        )
        .hint(renew));
    };
    match expiry(token.expose_secret()) {
        Some(expiry) if expiry <= now.as_second() + MARGIN => Err(Error::new(
            Kind::Unauthenticated,
            format!("the oidc id-token of {whose} has expired"),
        )
        .hint(renew)),
        Some(_) | None => Ok(token.clone()),
    }
}

/// Returns the expiry of a JWT, in seconds since 1970, if it has one.
pub(super) fn expiry(token: &str) -> Option<i64> {
    let payload = token.split('.').nth(1)?;
    let claims: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.get("exp")?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    }

    fn ask(name: &str, token: Option<String>) -> Result<String, Error> {
        let provider = AuthProvider {
            name: name.to_owned(),
            id_token: token.map(SecretString::from),
        };
        let now = Timestamp::from_second(1000).unwrap();
        let kubectl = Kubectl::default().context("east");
        super::token(&provider, "context east", &kubectl, now)
            .map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn an_unexpired_token_is_used_as_it_is() {
        let token = jwt(r#"{"exp":2000}"#);
        assert_eq!(ask("oidc", Some(token.clone())).unwrap(), token);
    }

    #[test]
    fn what_cannot_be_used_says_what_to_do() {
        let expired = ask("oidc", Some(jwt(r#"{"exp":1005}"#))).unwrap_err();
        assert_eq!(
            expired.to_string(),
            "the oidc id-token of context east has expired"
        );
        assert_eq!(
            expired.hints(),
            ["kubectl --context east get --raw /version"]
        );
        assert!(
            ask("oidc", None)
                .unwrap_err()
                .to_string()
                .contains("no id-token yet")
        );
        assert!(
            ask("gcp", None)
                .unwrap_err()
                .to_string()
                .contains("which Kubernetes has dropped")
        );
    }
}
