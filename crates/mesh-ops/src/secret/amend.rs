//! Changes and deletes Secrets of a remote cluster that were read before, each only as long as it is what was read: the mark of
//! the next token, the token that the Secret of the default name holds, and the end of a token.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use mesh_client::{ApiFault, Cluster, DryRun, Interrupt, api_fault};
use mesh_model::backing_secret::held_token;
use mesh_model::error::{Error, Kind};
use mesh_model::names::{SUCCESSOR, TOKEN_KEY};
use mesh_model::remote_secret::own_name;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// Number of times that a write is tried again after another client's write came first.
pub const MAX_RETRIES: usize = 5;

/// Patches `secret`, only as long as it has the UID that was read: `patch` gets it as it is now and returns what is to
/// change, if anything. Others may write to it at the same time, the API server among them, which notes the day of a token's
/// last use. Returns the Secret as it is where nothing is to change.
///
/// # Errors
/// The Secret was replaced or deleted, or the patch failed.
pub async fn amend(
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
            return Err(conflict(cluster, secret, "replaced or deleted"));
        };
        let Some(mut patch) = patch(&now) else {
            return Ok(Some(now));
        };
        patch["metadata"]["resourceVersion"] = json!(now.metadata.resource_version);
        interrupt.check()?;
        let patched = cluster.merge_patch::<Secret>(namespace, name, &patch, DryRun::None);
        match patched.await {
            Err(error) if was_changed(&error) && tries < MAX_RETRIES => tries += 1,
            other => return other.map(|()| None),
        }
    }
}

/// Deletes the Secret that a token is bound to, which revokes the token, only as long as it has the UID that was read and `is_home`
/// holds for it as it is now. Returns false where it is gone already.
///
/// # Errors
/// The Secret was replaced or changed, or the deletion failed.
pub async fn delete(
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
            return Err(conflict(cluster, secret, "replaced or changed"));
        }
        interrupt.check()?;
        match cluster.delete::<Secret>(&now.metadata, DryRun::None).await {
            Err(error) if was_changed(&error) && tries < MAX_RETRIES => tries += 1,
            other => return other,
        }
    }
}

/// Puts the token `new` into `usual`, the Secret of the default name, in place of `old`, which is revoked by it if it is bound to
/// that very Secret. Kubernetes leaves a token Secret alone that holds any token. Returns whether it holds `new` then, whoever
/// wrote it: a Secret that holds a third token is left as it is.
///
/// # Errors
/// The Secret was replaced or deleted, or the patch failed.
pub async fn replace_token(
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

/// Returns true where a write failed because the object was changed since it was read.
pub fn was_changed(error: &Error) -> bool {
    matches!(api_fault(error), Some(ApiFault::Changed { .. }))
}

/// Returns the error of an object that another client replaced, changed or deleted meanwhile.
pub(crate) fn conflict(cluster: &Cluster, secret: &Secret, what: &str) -> Error {
    Error::new(
        Kind::Conflict,
        format!(
            "secret {}/{} in context {} was {what} by another client",
            secret.metadata.namespace.as_deref().unwrap_or_default(),
            own_name(secret),
            cluster.context()
        ),
    )
    .hint("run the same command again: it reads the current state")
}
