//! Makes the new token in the source cluster, and uses it once before anybody gets it.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::model::error::Kind;
use mesh_common::model::holding::missing;
use mesh_common::model::names::{APPLIED_BY, KUBE_SYSTEM, SUCCESSOR};
use mesh_common::model::succession::{following, successor};
use mesh_common::model::token_home::held_token;
use mesh_common::model::token_swap::with_token;
use mesh_common::model::{Error, reader};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::entries::Entry;
use super::lineage::Lineage;
use super::plan::{Has, Rotation, Sort};
use super::steps::Work;
use crate::cli::SELF;
use mesh_common::ops::secret::amend::amend;
use mesh_common::ops::secret::token_request::request;
use mesh_common::ops::secret::token_secret::{filled, make_secret};

/// A token that was made a moment ago takes this long at the most to be known to every API server.
const SETTLING: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// The new token.
pub(super) struct Minted {
    /// Nothing where no holder needs it any more and only its end would give it away.
    pub token: Option<SecretString>,
}

/// Makes the Secret of the new token, notes on the old one what follows it, and gets the token.
pub(super) async fn make_token(work: &Work<'_>, rotation: &Rotation) -> Result<Minted, Error> {
    let lineage = &rotation.lineage;
    let source = &work.source(lineage).cluster;
    let home = match &lineage.new {
        Some(home) => home.clone(),
        None => make(work, rotation).await?,
    };
    let home = match rotation.sort {
        Sort::Kept => filled(source, work.interrupt, home, true).await?,
        Sort::Bound(_) => home,
    };
    let holdings = missing(&home, &rotation.holdings(&work.seen.places));
    if !holdings.is_empty() {
        let record = |now: &Secret| {
            let lacking = missing(now, &rotation.holdings(&work.seen.places));
            (!lacking.is_empty()).then(|| json!({"metadata": {"annotations": lacking}}))
        };
        amend(source, work.interrupt, &home, record).await?;
    }
    if successor(&lineage.old) != Some(&lineage.new_name) {
        let mark = json!({"metadata": {"annotations": {SUCCESSOR: lineage.new_name}}});
        amend(source, work.interrupt, &lineage.old, |_| Some(mark.clone())).await?;
    }
    let token = match rotation.sort {
        Sort::Kept => held_token(&home).map(SecretString::from),
        Sort::Bound(life) => {
            let needed = rotation
                .named(&work.seen.places)
                .any(|part| part.has == Has::Old);
            if needed {
                work.interrupt.check()?;
                let life = work.order.token_duration.unwrap_or(life);
                let account = &lineage.account;
                let granted = request(source, account, &home.metadata, life).await?;
                granted.report(life, source.context(), work.streams)?;
                Some(granted.token)
            } else {
                None
            }
        }
    };
    Ok(Minted { token })
}

async fn make(work: &Work<'_>, rotation: &Rotation) -> Result<Secret, Error> {
    let lineage = &rotation.lineage;
    let source = &work.source(lineage).cluster;
    let new = match rotation.sort {
        Sort::Kept => reader::token_secret(&lineage.namespace, &lineage.account, &lineage.new_name),
        Sort::Bound(_) => anchor(lineage),
    };
    let mut new = following(&lineage.old, new);
    let record = missing(&new, &rotation.holdings(&work.seen.places));
    new.metadata
        .annotations
        .get_or_insert_default()
        .extend(record);
    make_secret(source, work.interrupt, &new, work.streams).await
}

/// The Secret that a token with an end is bound to; it holds nothing.
fn anchor(lineage: &Lineage) -> Secret {
    Secret {
        metadata: ObjectMeta {
            name: Some(lineage.new_name.clone()),
            namespace: Some(lineage.namespace.clone()),
            annotations: Some(BTreeMap::from([(APPLIED_BY.to_owned(), SELF.to_owned())])),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    }
}

/// Uses the new token once before anybody gets it: at the address in our own kubeconfig and nowhere else, since the one in a
/// holder's secret is written by whoever may write there.
pub(super) async fn prove(
    work: &Work<'_>,
    rotation: &Rotation,
    minted: &Minted,
) -> Result<(), Error> {
    let Some(token) = minted.token.as_ref().filter(|_| work.order.verify) else {
        return Ok(());
    };
    let is_needed = rotation
        .named(&work.seen.places)
        .any(|part| part.has == Has::Old);
    if !is_needed {
        return Ok(());
    }
    work.interrupt
        .or(try_out(work, &rotation.lineage, token))
        .await
}

/// Connects as the holders' istiods will, and compares the cluster.
async fn try_out(work: &Work<'_>, lineage: &Lineage, token: &SecretString) -> Result<(), Error> {
    let source = work.source(lineage);
    let target = source.cluster.target().clone().with_token(token.clone());
    let cluster = work.connector.reach(target, &source.cluster).await?;
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
    let known = source.identity.uid();
    let is_right = found.is_some_and(|found| known.is_none_or(|known| known == found));
    if is_right {
        if let Some(way) = cluster.by_proxy_of_environment() {
            work.streams.say(&format!(
                "the new token of secret/{} was tried {way}",
                lineage.new_name
            ));
        }
        return Ok(());
    }
    let context = source.context();
    Err(Error::refused(format!(
        "the new token of secret/{} reads another cluster in context {context} than we do",
        lineage.new_name
    ))
    .hint("find out what answers at the server of that context: it leads to several clusters"))
}

/// The kubeconfig of `entry` with the new token.
pub(super) fn swapped(
    entry: &Entry,
    holder: &str,
    kubeconfig: &[u8],
    token: &SecretString,
) -> Result<SecretString, Error> {
    let old = entry.token.expose_secret();
    with_token(kubeconfig, old, token.expose_secret()).ok_or_else(|| {
        Error::refused(format!(
            "the kubeconfig of secret {} in context {holder} cannot be given another token",
            entry.name()
        ))
    })
}
