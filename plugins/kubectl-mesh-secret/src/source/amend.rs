//! Changes token Secrets that are there in the source cluster, each only as long as it is what was read: the mark of what is
//! to follow one, and the token that the Secret of the usual name hands out. `create` and `rotate` come here for it.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::Interrupt;
use mesh_common::client::{ApiFault, Cluster, DryRun, api_fault};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::names::{SUCCESSOR, TOKEN_KEY};
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::token_home::held_token;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// How often a write is tried again that somebody else's came before.
pub(crate) const TRIES: usize = 5;

/// Patches `secret`, only as long as it is the very one that was read: `patch` sees it as it is now and says what is to
/// change, if anything. Others may write to it at the same time, the API server among them, which notes the day of a token's
/// last use. Gives back what is there where nothing is to change.
pub(crate) async fn amend(
    cluster: &Cluster,
    interrupt: &Interrupt,
    secret: &Secret,
    patch: impl Fn(&Secret) -> Option<Value>,
) -> Result<Option<Secret>, Error> {
    let namespace = secret.metadata.namespace.as_deref();
    let name = own_name(secret);
    let mut tries = 0;
    loop {
        let now = interrupt.or(cluster.get::<Secret>(namespace, name));
        let now = now
            .await?
            .filter(|now| now.metadata.uid == secret.metadata.uid);
        let Some(now) = now else {
            return Err(meddled(cluster, secret, "replaced or deleted"));
        };
        let Some(mut patch) = patch(&now) else {
            return Ok(Some(now));
        };
        patch["metadata"]["resourceVersion"] = json!(now.metadata.resource_version);
        interrupt.check()?;
        let patched = cluster.merge_patch::<Secret>(namespace, name, &patch, DryRun::None);
        match patched.await {
            Err(error) if was_changed(&error) && tries < TRIES => tries += 1,
            other => return other.map(|()| None),
        }
    }
}

/// Deletes the Secret that a token ends with, only as long as it is the very one that was read and `is_home` holds for it as it
/// is now. One that is gone is no error.
pub(crate) async fn end(
    cluster: &Cluster,
    interrupt: &Interrupt,
    secret: &Secret,
    is_home: impl Fn(&Secret) -> bool,
) -> Result<bool, Error> {
    let namespace = secret.metadata.namespace.as_deref();
    let mut tries = 0;
    loop {
        let now = interrupt.or(cluster.get::<Secret>(namespace, own_name(secret)));
        let Some(now) = now.await? else {
            return Ok(false);
        };
        if now.metadata.uid != secret.metadata.uid || !is_home(&now) {
            return Err(meddled(cluster, secret, "replaced or changed"));
        }
        interrupt.check()?;
        match cluster.delete::<Secret>(&now.metadata, DryRun::None).await {
            Err(error) if was_changed(&error) && tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

/// Lets `usual`, the Secret of the usual name, hold `new` in place of the token `old`, which ends by it if it is the Secret's
/// own. Kubernetes leaves a token Secret alone that holds any token. Says whether it holds `new` then, whoever wrote it: one
/// that holds a third token is left as it is.
pub(crate) async fn hand_on(
    cluster: &Cluster,
    interrupt: &Interrupt,
    usual: &Secret,
    old: &str,
    new: &SecretString,
) -> Result<bool, Error> {
    let new = new.expose_secret();
    let bytes = ByteString(new.as_bytes().to_vec());
    let there = amend(cluster, interrupt, usual, |now| {
        (held_token(now) == Some(old)).then(
            || json!({"metadata": {"annotations": {SUCCESSOR: null}}, "data": {TOKEN_KEY: bytes}}),
        )
    });
    let there = there.await?;
    Ok(there.is_none_or(|now| held_token(&now) == Some(new)))
}

/// Whether a write came too late: the object is not the one that was read any more.
pub(crate) fn was_changed(error: &Error) -> bool {
    matches!(api_fault(error), Some(ApiFault::Changed { .. }))
}

/// Somebody else was faster.
pub(crate) fn meddled(cluster: &Cluster, secret: &Secret, what: &str) -> Error {
    Error::new(
        Kind::Conflict,
        format!(
            "secret {}/{} in context {} was {what} by somebody else",
            secret.metadata.namespace.as_deref().unwrap_or_default(),
            own_name(secret),
            cluster.context()
        ),
    )
    .hint("run the same command again: it goes by what is there now")
}
