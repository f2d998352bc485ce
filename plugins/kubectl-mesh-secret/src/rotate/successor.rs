//! Makes the new token in the source cluster, and uses it once before anybody gets it.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_common::cluster::{ConnectFault, Target, connect_fault};
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::names::{APPLIED_BY, KUBE_SYSTEM, SUCCESSOR};
use mesh_common::mesh::succession::{following, successor};
use mesh_common::mesh::token_home::held_token;
use mesh_common::mesh::token_swap::with_token;
use mesh_common::mesh::{Error, reader, server};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::entries::Entry;
use super::lineage::Lineage;
use super::plan::{Has, Rotation, Sort};
use super::steps::Work;
use crate::cli::SELF;
use crate::held::normal_server;
use crate::source::amend::{amend, hand_on};
use crate::source::{credential, mint};

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
        Sort::Kept => credential::filled(source, work.interrupt, home, true).await?,
        Sort::Bound(_) => home,
    };
    if lineage.has_ended {
        // Nobody loses anything by it.
        if let (Some(usual), Some(new)) = (&lineage.usual, held_token(&home)) {
            let old = held_token(&lineage.old).unwrap_or_default();
            hand_on(source, work.interrupt, usual, old, &SecretString::from(new)).await?;
        }
    } else if successor(&lineage.old) != Some(&lineage.new_name) {
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
                let granted = mint::request(source, account, &home.metadata, life).await?;
                granted.report(life, source.context(), work.streams);
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
    let new = following(lineage.forerunner(), new);
    credential::make_secret(source, work.interrupt, &new, work.streams).await
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

/// Uses the new token once in every kubeconfig that it is to be written to.
pub(super) async fn prove(
    work: &Work<'_>,
    rotation: &Rotation,
    minted: &Minted,
) -> Result<(), Error> {
    let Some(token) = minted.token.as_ref().filter(|_| work.order.verify) else {
        return Ok(());
    };
    let parts = rotation.named(&work.seen.places);
    let mut tried: Vec<&[u8]> = Vec::new();
    for part in parts.filter(|part| part.has == Has::Old) {
        let entry = &part.entry;
        // Holders usually share one kubeconfig.
        if tried.contains(&entry.kubeconfig()) {
            continue;
        }
        tried.push(entry.kubeconfig());
        let Err(error) = work
            .interrupt
            .or(try_out(work, &rotation.lineage, entry, token))
            .await
        else {
            continue;
        };
        let source = work.source(&rotation.lineage).cluster.target();
        let own = normal_server(&server::without_login(source.server()));
        let elsewhere = normal_server(&entry.server) != own;
        if elsewhere && connect_fault(&error).is_some_and(ConnectFault::is_unreachable) {
            work.streams.warn(&format!(
                "{}; the new token could not be tried from this machine",
                error.in_one_line()
            ));
            continue;
        }
        return Err(error);
    }
    Ok(())
}

/// Connects as the holder's istiod will, and compares the cluster.
async fn try_out(
    work: &Work<'_>,
    lineage: &Lineage,
    entry: &Entry,
    token: &SecretString,
) -> Result<(), Error> {
    let source = work.source(lineage);
    let holder = work.place(entry.place).context();
    let swapped = swapped(entry, holder, entry.kubeconfig(), token)?;
    let label = format!("secret {} in context {holder}", entry.name());
    let target = Target::from_text(swapped.expose_secret(), &label)?
        .with_request_timeout(source.cluster.target().request_timeout());
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
    let uid = found.and_then(|namespace| namespace.metadata.uid);
    if uid.as_deref() == Some(source.uid.as_str()) {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{label} leads to another cluster than context {}, which issued its token",
        source.context()
    ))
    .hint(super::entries::inspect(entry.name(), work.place(entry.place)).words("--probe")))
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
