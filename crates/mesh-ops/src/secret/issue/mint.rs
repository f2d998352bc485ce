//! Tokens that expire: each is bound to a Secret of its own in the remote cluster, so that it can be revoked alone.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_client::{ApiFault, ApplyOptions, Trust, api_fault};
use mesh_model::Error;
use mesh_model::change::DryRun;
use mesh_model::command::Knob;
use mesh_model::error::Kind;
use mesh_model::names::{APPLIED_BY, MADE_FOR};

use super::super::token_request::request;
use super::credential::Credential;
use super::remote::Remote;

/// Requests a token for `holder`, bound to a Secret of the holder's own; deleting that Secret revokes this token and no other.
pub(super) async fn mint(
    remote: &Remote<'_>,
    duration: Duration,
    holder: Option<&str>,
    authorities: &str,
) -> Result<Credential, Error> {
    let authorities = trusted(remote, authorities)?;
    remote.job.interrupt.check()?;
    let (anchor, is_new) = anchor(remote, holder).await?;
    let anchor = anchor.metadata;
    let made = is_new.then(|| anchor.clone());
    match request(&remote.cluster, &remote.options.account, &anchor, duration).await {
        Ok(granted) => {
            granted.report(duration, remote.cluster.context(), remote.job.events)?;
            Ok(Credential {
                token: granted.token,
                authorities,
                anchor: made,
            })
        }
        Err(error) => {
            if let Some(made) = &made {
                take_back(remote, made).await?;
            }
            Err(error)
        }
    }
}

/// Deletes the Secret of a token that no holder gets.
pub(super) async fn take_back(remote: &Remote<'_>, anchor: &ObjectMeta) -> Result<(), Error> {
    let (namespace, context) = (&remote.options.namespace, remote.cluster.context());
    let name = anchor.name.as_deref().unwrap_or_default();
    let deleted = remote.cluster.delete::<Secret>(anchor, DryRun::None).await;
    match deleted {
        Ok(_) => remote.job.note(format!(
            "secret/{name} in context {context} deleted, since its token is not used"
        )),
        Err(error) => remote.job.warn(format!(
            "{}; its token is not used, so delete secret {namespace}/{name} in context {context}",
            error.in_one_line()
        )),
    }
}

/// Returns the CA of the cluster, from what was read or from the context.
pub(super) fn trusted(remote: &Remote<'_>, authorities: &str) -> Result<Vec<u8>, Error> {
    let target = remote.cluster.target();
    let context = target.context();
    let authorities = match (authorities, target.trust()) {
        ("", Trust::Authorities(pem)) => pem.clone(),
        (pem, Trust::Authorities(_) | Trust::System | Trust::Insecure) => pem.as_bytes().to_vec(),
    };
    let options = remote.options;
    if authorities.is_empty() && options.authorities.is_none() && !options.insecure {
        return Err(Error::new(
            Kind::NotFound,
            format!("the cluster's CA cannot be read in context {context}"),
        )
        .hint(
            target
                .kubectl()
                .in_namespace("kube-system")
                .words("get configmap kube-root-ca.crt"),
        )
        .hint(
            options
                .step_for(context)
                .text("add ")
                .knob(Knob::CaFile)
                .text(", with a file of the cluster's CA"),
        ));
    }
    Ok(authorities)
}

/// Returns the Secret that the token is to be bound to, and whether it was not there before: what another token is bound to must
/// stay, whatever becomes of this one.
async fn anchor(remote: &Remote<'_>, holder: Option<&str>) -> Result<(Secret, bool), Error> {
    let anchor = empty(remote, holder);
    let made = remote.cluster.create(&anchor, DryRun::None).await;
    match made {
        Err(error) if matches!(api_fault(&error), Some(ApiFault::AlreadyExists { .. })) => {
            let options = ApplyOptions {
                dry_run: DryRun::None,
                force_conflicts: false,
            };
            let there = remote.cluster.apply(&anchor, options).await?;
            Ok((there, false))
        }
        made => Ok((made?, true)),
    }
}

/// Returns the name of the Secret that `holder`'s token is bound to.
pub(super) fn anchor_name(account: &str, holder: &str) -> String {
    format!("{account}-token-for-{holder}")
}

/// Returns the Secret that a token is bound to; it holds nothing.
fn empty(remote: &Remote<'_>, holder: Option<&str>) -> Secret {
    let account = &remote.options.account;
    let applied_by = remote.job.applied_by.to_owned();
    let mut annotations = BTreeMap::from([(APPLIED_BY.to_owned(), applied_by)]);
    if let Some(holder) = holder {
        annotations.insert(MADE_FOR.to_owned(), holder.to_owned());
    }
    Secret {
        metadata: ObjectMeta {
            name: holder.map(|holder| anchor_name(account, holder)),
            generate_name: holder.is_none().then(|| format!("{account}-token-")),
            namespace: Some(remote.options.namespace.clone()),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    }
}
