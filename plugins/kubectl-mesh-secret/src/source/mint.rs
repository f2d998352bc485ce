//! Tokens that end: each is minted bound to a Secret of its own in the source cluster, so that it can be revoked alone.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::client::{ApiFault, Cluster, DryRun, Trust, api_fault};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_common::model::names::{APPLIED_BY, MADE_FOR};
use mesh_common::terminal::Streams;
use secrecy::SecretString;

use super::credential::{Credential, apply_options};
use super::run::Run;
use crate::cli::SELF;

/// Mints a token for `holder`, bound to a Secret of the holder's own; deleting that Secret revokes this token and no other.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>.
pub(super) async fn mint(
    run: &Run<'_>,
    duration: Duration,
    holder: Option<&str>,
    authorities: &str,
    streams: &Streams,
) -> Result<Credential, Error> {
    let authorities = trusted(run, authorities)?;
    run.interrupt.check()?;
    let (anchor, is_new) = anchor(run, holder).await?;
    let anchor = anchor.metadata;
    let made = is_new.then(|| anchor.clone());
    match request(&run.source, &run.options.account, &anchor, duration).await {
        Ok(granted) => {
            granted.report(duration, run.source.context(), streams);
            Ok(Credential {
                token: granted.token,
                authorities,
                anchor: made,
            })
        }
        Err(error) => {
            if let Some(made) = &made {
                take_back(run, made, streams).await;
            }
            Err(error)
        }
    }
}

/// Deletes what was made for a token that nobody gets.
pub(super) async fn take_back(run: &Run<'_>, anchor: &ObjectMeta, streams: &Streams) {
    let (namespace, context) = (&run.options.namespace, run.source.context());
    let name = anchor.name.as_deref().unwrap_or_default();
    let deleted = run.source.delete::<Secret>(anchor, DryRun::None).await;
    match deleted {
        Ok(_) => streams.say(&format!(
            "secret/{name} in context {context} deleted again, since its token is given to nobody"
        )),
        Err(error) => streams.warn(&format!(
            "{}; its token is given to nobody, so delete secret {namespace}/{name} in context {context}",
            error.in_one_line()
        )),
    }
}

/// The CA of the cluster, from what was read or from the context.
pub(super) fn trusted(run: &Run<'_>, authorities: &str) -> Result<Vec<u8>, Error> {
    let context = run.source.context();
    let authorities = match (authorities, run.source.target().trust()) {
        ("", Trust::Authorities(pem)) => pem.clone(),
        (pem, Trust::Authorities(_) | Trust::System | Trust::Insecure) => pem.as_bytes().to_vec(),
    };
    if authorities.is_empty() && run.options.authorities.is_none() && !run.options.insecure {
        return Err(Error::new(
            Kind::NotFound,
            format!("the cluster's CA cannot be read in context {context}"),
        )
        .hint(
            run.source
                .target()
                .kubectl()
                .in_namespace("kube-system")
                .words("get configmap kube-root-ca.crt"),
        )
        .hint(
            run.options
                .flag_of_create("add --ca-file, with a file of the cluster's CA", context),
        ));
    }
    Ok(authorities)
}

/// The Secret that the token is to be bound to, and whether it was not there before: what another token is bound to must
/// stay, whatever becomes of this one.
async fn anchor(run: &Run<'_>, holder: Option<&str>) -> Result<(Secret, bool), Error> {
    let anchor = empty(&run.options.namespace, &run.options.account, holder);
    let made = run.source.create(&anchor, DryRun::None).await;
    match made {
        Err(error) if matches!(api_fault(&error), Some(ApiFault::AlreadyExists { .. })) => {
            let kept = run.source.apply(&anchor, apply_options(run)).await?;
            Ok((kept, false))
        }
        made => Ok((made?, true)),
    }
}

/// A token that the API server granted.
pub(crate) struct Granted {
    pub token: SecretString,
    /// Name of the Secret that it is bound to.
    anchor: String,
    expires: Timestamp,
    created: Option<Timestamp>,
}

/// Asks for a token of `account` that lives for `duration`, and no longer than the Secret `anchor`.
pub(crate) async fn request(
    source: &Cluster,
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
    let granted = source.request_token(namespace, account, &request).await?;
    let created = granted.metadata.creation_timestamp.map(|time| time.0);
    let status = granted.status.ok_or_else(|| {
        Error::refused(format!(
            "no token came back for service account {namespace}/{account} in context {}",
            source.context()
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
    /// Says how long the token is good for. The API server may grant less, or more, than was asked for
    /// (`--service-account-max-token-expiration`, `--service-account-extend-token-expiration`).
    pub(crate) fn report(&self, asked: Duration, context: &str, streams: &Streams) {
        streams.say(&format!(
            "secret/{} in context {context} holds the life of a token that expires at {}: deleting it revokes the token",
            self.anchor,
            self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
        ));
        let granted = self
            .created
            .map(|created| self.expires.duration_since(created));
        let Some(granted) = granted.and_then(|length| Duration::try_from(length).ok()) else {
            return;
        };
        if granted.abs_diff(asked) > Duration::from_mins(1) {
            streams.warn(&format!(
                "the API server of context {context} granted {} s, not the {} s asked for",
                granted.as_secs(),
                asked.as_secs()
            ));
        }
    }
}

/// What the Secret is called that `holder`'s token is bound to.
pub(super) fn anchor_name(account: &str, holder: &str) -> String {
    format!("{account}-token-for-{holder}")
}

/// The Secret that a token is bound to; it holds nothing.
fn empty(namespace: &str, account: &str, holder: Option<&str>) -> Secret {
    let mut annotations = BTreeMap::from([(APPLIED_BY.to_owned(), SELF.to_owned())]);
    if let Some(holder) = holder {
        annotations.insert(MADE_FOR.to_owned(), holder.to_owned());
    }
    Secret {
        metadata: ObjectMeta {
            name: holder.map(|holder| anchor_name(account, holder)),
            generate_name: holder.is_none().then(|| format!("{account}-token-")),
            namespace: Some(namespace.to_owned()),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    }
}
