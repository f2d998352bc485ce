//! Writes kubeconfigs in the secrets of holders. The only writer there.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{ApplyOptions, Cluster, DryRun, Interrupt};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::names::{APPLIED_BY, FIELD_MANAGER, LAST_APPLIED};
use mesh_common::model::owned_fields::applied_by;
use mesh_common::ops::secret::amend::{MAX_RETRIES, was_changed};
use serde_json::{Value, json};

use super::model::TokenEntry;
use crate::cli::SELF;

/// A holder's secret as it is now.
pub(super) struct Written {
    pub secret: Secret,
    /// True if its kubeconfig was written now.
    pub by_us: bool,
    /// True if kubectl's copy of it was removed now.
    pub cleaned: bool,
}

/// Rewrites the kubeconfig of an entry: `change` gets it as it is and returns what it becomes, or nothing where it stays.
///
/// # Errors
/// The secret was deleted or lost the key, it could not be written, or `change` failed.
pub(super) async fn rewrite(
    interrupt: &Interrupt,
    cluster: &Cluster,
    entry: &TokenEntry,
    change: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Written, Error> {
    let namespace = entry.secret.metadata.namespace.as_deref();
    let mut current = entry.secret.clone();
    let mut tries = 0;
    loop {
        let kubeconfig = current.data.as_ref().and_then(|data| data.get(&entry.key));
        let kubeconfig = kubeconfig.ok_or_else(|| conflict(entry, cluster))?;
        let Some(changed) = change(&kubeconfig.0)? else {
            return Ok(Written {
                secret: current,
                by_us: false,
                cleaned: false,
            });
        };
        interrupt.check()?;
        let wanted = with_kubeconfig(&current, &entry.key, &changed)?;
        let options = ApplyOptions {
            dry_run: DryRun::None,
            force_conflicts: true,
        };
        match cluster.apply(&wanted, options).await {
            Err(error) if was_changed(&error) && tries < MAX_RETRIES => {
                tries += 1;
                let read = cluster.get::<Secret>(namespace, entry.name());
                let read = interrupt.or(read).await?;
                current = read.ok_or_else(|| conflict(entry, cluster))?;
            }
            other => {
                return other.map(|secret| Written {
                    secret,
                    by_us: true,
                    cleaned: false,
                });
            }
        }
    }
}

/// Returns whether a secret has the manifest that kubectl applied, which holds the whole secret.
pub(super) fn has_last_applied(secret: &Secret) -> bool {
    let mut annotations = secret.metadata.annotations.iter();
    annotations.any(|all| all.contains_key(LAST_APPLIED))
}

/// Removes the manifest that kubectl applied, which holds the whole secret with the token that is to be revoked. Returns whether there
/// was one.
///
/// # Errors
/// It could not be written.
pub(super) async fn remove_last_applied(
    interrupt: &Interrupt,
    cluster: &Cluster,
    secret: &Secret,
    name: &str,
) -> Result<bool, Error> {
    if !has_last_applied(secret) {
        return Ok(false);
    }
    interrupt.check()?;
    let patch = json!({"metadata": {"annotations": {LAST_APPLIED: null}}});
    let namespace = secret.metadata.namespace.as_deref();
    let patched = cluster.merge_patch::<Secret>(namespace, name, &patch, DryRun::None);
    patched.await.map(|()| true)
}

/// Returns what is applied: all that our manager applied before, which it would give back by leaving it out, and this kubeconfig.
/// Its version makes the server refuse it where another client wrote meanwhile.
fn with_kubeconfig(current: &Secret, key: &str, kubeconfig: &[u8]) -> Result<Secret, Error> {
    let unreadable = |error| Error::refused("a secret cannot be written as JSON").because(error);
    let mut object = serde_json::to_value(current).map_err(unreadable)?;
    object["apiVersion"] = json!("v1");
    object["kind"] = json!("Secret");
    let mut wanted = applied_by(&object, FIELD_MANAGER);
    wanted["metadata"]["resourceVersion"] = object["metadata"]["resourceVersion"].clone();
    wanted["metadata"]["annotations"][APPLIED_BY] = Value::from(SELF);
    let bytes = k8s_openapi::ByteString(kubeconfig.to_vec());
    wanted["data"][key] = serde_json::to_value(bytes).map_err(unreadable)?;
    serde_json::from_value(wanted).map_err(unreadable)
}

/// Returns the error of a secret that another client changed or deleted meanwhile.
pub(super) fn conflict(entry: &TokenEntry, cluster: &Cluster) -> Error {
    Error::new(
        Kind::Conflict,
        format!(
            "secret {} in context {} was changed or deleted by another client meanwhile",
            entry.name(),
            cluster.context()
        ),
    )
    .hint("run the same command again: it reads the current state")
}
