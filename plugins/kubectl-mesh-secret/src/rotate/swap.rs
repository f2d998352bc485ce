//! Writes the new token to a holder's secret. The only writer in holders.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{ApplyOptions, Cluster, DryRun};
use mesh_common::model::access_facts::bearer_token;
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::names::{APPLIED_BY, FIELD_MANAGER, LAST_APPLIED};
use mesh_common::model::owned_fields::applied_by;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::plan::{Has, Part};
use super::steps::Work;
use super::successor::{Minted, swapped};
use crate::cli::SELF;
use mesh_common::ops::secret::amend::{MAX_RETRIES, was_changed};

/// A holder's secret with the new token.
pub(super) struct Written {
    pub secret: Secret,
    /// Whether it was written now.
    pub by_us: bool,
}

/// Gives the holder the new token, and gives back its secret as it is then.
pub(super) async fn hand_over(
    work: &Work<'_>,
    part: &Part,
    minted: &Minted,
) -> Result<Written, Error> {
    let entry = &part.entry;
    let cluster = &work.place(entry.place).cluster;
    let written = match (part.has, &minted.token) {
        (Has::Old, Some(token)) => {
            change(work, cluster, part, |kubeconfig| {
                let found = bearer_token(kubeconfig).ok_or_else(|| meddled(part, cluster))?;
                if found.expose_secret() == token.expose_secret() {
                    return Ok(None);
                }
                if found.expose_secret() != entry.token.expose_secret() {
                    return Err(meddled(part, cluster));
                }
                let swapped = swapped(entry, cluster.context(), kubeconfig, token)?;
                Ok(Some(swapped.expose_secret().as_bytes().to_vec()))
            })
            .await?
        }
        (Has::Old | Has::New, _) => Written {
            secret: entry.secret.clone(),
            by_us: false,
        },
    };
    // What kubectl applied is kept there whole, with the token that is to end.
    let metadata = &written.secret.metadata;
    let annotations = metadata.annotations.as_ref();
    if annotations.is_some_and(|all| all.contains_key(LAST_APPLIED)) {
        work.interrupt.check()?;
        let patch = json!({"metadata": {"annotations": {LAST_APPLIED: null}}});
        let namespace = metadata.namespace.as_deref();
        cluster
            .merge_patch::<Secret>(namespace, entry.name(), &patch, DryRun::None)
            .await?;
    }
    Ok(written)
}

/// Changes the kubeconfig of a part as `change` says, which sees it as it is; nothing where that is nothing. Gives back the
/// secret as it is then.
pub(super) async fn change(
    work: &Work<'_>,
    cluster: &Cluster,
    part: &Part,
    change: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Written, Error> {
    let entry = &part.entry;
    let namespace = entry.secret.metadata.namespace.as_deref();
    let mut current = entry.secret.clone();
    let mut tries = 0;
    loop {
        let kubeconfig = current.data.as_ref().and_then(|data| data.get(&entry.key));
        let kubeconfig = kubeconfig.ok_or_else(|| meddled(part, cluster))?;
        let Some(changed) = change(&kubeconfig.0)? else {
            return Ok(Written {
                secret: current,
                by_us: false,
            });
        };
        work.interrupt.check()?;
        let wanted = with_kubeconfig(&current, &entry.key, &changed)?;
        let options = ApplyOptions {
            dry_run: DryRun::None,
            force_conflicts: true,
        };
        match cluster.apply(&wanted, options).await {
            Err(error) if was_changed(&error) && tries < MAX_RETRIES => {
                tries += 1;
                let read = cluster.get::<Secret>(namespace, entry.name());
                let read = work.interrupt.or(read).await?;
                current = read.ok_or_else(|| meddled(part, cluster))?;
            }
            other => {
                return other.map(|secret| Written {
                    secret,
                    by_us: true,
                });
            }
        }
    }
}

/// What is applied: all that our manager applied before, which it would give back by leaving it out, and this kubeconfig. Its
/// version makes the server refuse it where somebody else was faster.
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

fn meddled(part: &Part, cluster: &Cluster) -> Error {
    Error::new(
        Kind::Conflict,
        format!(
            "secret {} in context {} was changed or deleted by somebody else meanwhile",
            part.entry.name(),
            cluster.context()
        ),
    )
    .hint("run the same command again: it goes by what is there now")
}
