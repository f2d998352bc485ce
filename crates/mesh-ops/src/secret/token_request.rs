//! Tokens that expire: each is granted by the remote cluster, and bound to a Secret whose deletion revokes it.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_client::Cluster;
use mesh_model::error::Error;
use mesh_model::event::{Event, Events};
use secrecy::SecretString;

/// A token that the API server granted.
// Without Debug: it holds a token.
pub struct Granted {
    /// The token.
    pub token: SecretString,
    /// Name of the Secret that it is bound to.
    anchor: String,
    expires: Timestamp,
    created: Option<Timestamp>,
}

/// Requests a token of `account` that is valid for `duration`, and no longer than the Secret `anchor` exists.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>.
///
/// # Errors
/// The API server granted none.
pub async fn request(
    remote: &Cluster,
    account: &str,
    anchor: &ObjectMeta,
    duration: Duration,
) -> Result<Granted, Error> {
    let namespace = anchor.namespace.as_deref().unwrap_or_default();
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: Vec::new(),
            expiration_seconds: i64::try_from(duration.as_secs()).ok(),
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Secret".to_owned()),
                name: anchor.name.clone(),
                uid: anchor.uid.clone(),
            }),
        },
        ..TokenRequest::default()
    };
    let granted = remote.request_token(namespace, account, &request).await?;
    let created = granted.metadata.creation_timestamp.map(|time| time.0);
    let status = granted.status.ok_or_else(|| {
        Error::refused(format!(
            "no token came back for service account {namespace}/{account} in context {}",
            remote.context()
        ))
    })?;
    Ok(Granted {
        token: SecretString::from(status.token),
        anchor: anchor.name.clone().unwrap_or_default(),
        expires: status.expiration_timestamp.0,
        created,
    })
}

impl Granted {
    /// Tells when the token expires. The API server may grant less, or more, than was asked for
    /// (`--service-account-max-token-expiration`, `--service-account-extend-token-expiration`).
    ///
    /// # Errors
    /// It could not be told.
    pub fn report(&self, asked: Duration, context: &str, events: &dyn Events) -> Result<(), Error> {
        events.report(Event::Note(format!(
            "token bound to secret/{} in context {context} expires at {}: deleting the Secret revokes it",
            self.anchor,
            self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
        )))?;
        let granted = self
            .created
            .map(|created| self.expires.duration_since(created));
        let Some(granted) = granted.and_then(|length| Duration::try_from(length).ok()) else {
            return Ok(());
        };
        if granted.abs_diff(asked) <= Duration::from_mins(1) {
            return Ok(());
        }
        events.report(Event::warning(format!(
            "the API server of context {context} granted {} s, not the {} s asked for",
            granted.as_secs(),
            asked.as_secs()
        )))
    }
}
