//! Issues the new token in the remote cluster, and uses it once before anybody gets it.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::model::backing_secret::held_token;
use mesh_common::model::change::DryRun;
use mesh_common::model::error::Kind;
use mesh_common::model::names::{APPLIED_BY, KUBE_SYSTEM, SUCCESSOR};
use mesh_common::model::rotation_names::linked_to_previous;
use mesh_common::model::{Error, reader};
use mesh_common::ops::secret::amend::amend;
use mesh_common::ops::secret::{token_request, token_secret};
use secrecy::SecretString;
use serde_json::json;

use super::plan::{is_marked, lacking, marked, recorded};
use super::work::Work;
use crate::rotate::model::{Chain, Rotation, TokenKind};

/// A new token may take this long at the most to be known to every API server.
const SETTLING: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Creates the Secret of the new token, marks it on the old one, and gets the token; none where no holder needs it any more and
/// it cannot be read.
pub(super) async fn issue(
    work: Work<'_>,
    rotation: &Rotation,
) -> Result<Option<SecretString>, Error> {
    let chain = &rotation.chain;
    let remote = &work.remote(chain).cluster;
    let backing = match &chain.new {
        Some(backing) => backing.clone(),
        None => create(work, rotation).await?,
    };
    let backing = match rotation.kind {
        TokenKind::Secret => {
            token_secret::filled(remote, work.job.interrupt, backing, true).await?
        }
        TokenKind::TokenRequest(_) => backing,
    };
    let clusters = &work.state.clusters;
    if !lacking(rotation, clusters, &backing).is_empty() {
        let record = |now: &Secret| {
            let lacking = lacking(rotation, clusters, now);
            (!lacking.is_empty()).then(|| json!({"metadata": {"annotations": lacking}}))
        };
        let as_it_is = amend(remote, work.job.interrupt, &backing, record).await?;
        if as_it_is.is_none() {
            let change = recorded(chain, remote.context());
            work.job.step(change, DryRun::None)?;
        }
    }
    if !is_marked(chain) {
        let mark = json!({"metadata": {"annotations": {SUCCESSOR: chain.new_name}}});
        let mark = |_: &Secret| Some(mark.clone());
        amend(remote, work.job.interrupt, &chain.old, mark).await?;
        let change = marked(chain, remote.context());
        work.job.step(change, DryRun::None)?;
    }
    match rotation.kind {
        TokenKind::Secret => Ok(held_token(&backing).map(SecretString::from)),
        TokenKind::TokenRequest(_) if !is_needed(work, rotation) => Ok(None),
        TokenKind::TokenRequest(life) => {
            work.job.interrupt.check()?;
            let life = work.request.token_duration.unwrap_or(life);
            let granted = token_request::request(remote, &chain.account, &backing.metadata, life);
            let granted = granted.await?;
            granted.report(life, remote.context(), work.job.events)?;
            Ok(Some(granted.token))
        }
    }
}

/// Returns true where some holder is to get the new token.
fn is_needed(work: Work<'_>, rotation: &Rotation) -> bool {
    rotation.to_update(&work.state.clusters).next().is_some()
}

async fn create(work: Work<'_>, rotation: &Rotation) -> Result<Secret, Error> {
    let chain = &rotation.chain;
    let remote = &work.remote(chain).cluster;
    let new = match rotation.kind {
        TokenKind::Secret => {
            reader::token_secret(&chain.namespace, &chain.account, &chain.new_name)
        }
        TokenKind::TokenRequest(_) => empty(chain, work.job.applied_by),
    };
    let mut new = linked_to_previous(&chain.old, new);
    let record = lacking(rotation, &work.state.clusters, &new);
    new.metadata
        .annotations
        .get_or_insert_default()
        .extend(record);
    token_secret::make_secret(remote, work.job.interrupt, &new, work.job.events).await
}

/// Returns the Secret that a token with an end is bound to; it holds nothing.
fn empty(chain: &Chain, applied_by: &str) -> Secret {
    let mark = (APPLIED_BY.to_owned(), applied_by.to_owned());
    Secret {
        metadata: ObjectMeta {
            name: Some(chain.new_name.clone()),
            namespace: Some(chain.namespace.clone()),
            annotations: Some(BTreeMap::from([mark])),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    }
}

/// Uses the new token once before anybody gets it: at the address in our own kubeconfig and nowhere else, since the one in a
/// holder's secret is written by whoever may write there.
///
/// # Errors
/// The token was not accepted in time, or it reads another cluster than we do.
pub(super) async fn verify(
    work: Work<'_>,
    rotation: &Rotation,
    new_token: Option<&SecretString>,
) -> Result<(), Error> {
    match new_token {
        Some(token) if work.request.verify && is_needed(work, rotation) => {
            let used = use_once(work, &rotation.chain, token);
            work.job.interrupt.or(used).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Connects as the holders' istiods will, and compares the cluster.
async fn use_once(work: Work<'_>, chain: &Chain, token: &SecretString) -> Result<(), Error> {
    let remote = work.remote(chain);
    let target = remote.cluster.target().clone().with_token(token.clone());
    let cluster = work.job.connector.reach(target, &remote.cluster).await?;
    let deadline = tokio::time::Instant::now() + SETTLING;
    let found = loop {
        match cluster.get::<Namespace>(None, KUBE_SYSTEM).await {
            Err(error)
                if error.kind() == Kind::Unauthenticated
                    && tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            other => break other?,
        }
    };
    let found = found.and_then(|namespace| namespace.metadata.uid);
    let known = remote.identity.uid();
    let is_same_cluster = found.is_some_and(|found| known.is_none_or(|known| known == found));
    if !is_same_cluster {
        return Err(Error::refused(format!(
            "the new token of secret/{} reads another cluster in context {} than we do",
            chain.new_name,
            remote.context()
        ))
        .hint("find out what answers at the server of that context: it is the address of several clusters"));
    }
    match cluster.by_proxy_of_environment() {
        Some(how) => work.job.note(format!(
            "the new token of secret/{} was tried {how}",
            chain.new_name
        )),
        None => Ok(()),
    }
}
