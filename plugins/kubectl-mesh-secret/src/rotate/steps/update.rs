//! Replaces the token in a holder's secret.

use mesh_common::client::{Cluster, Interrupt};
use mesh_common::model::Error;
use mesh_common::model::access_facts::bearer_token;
use mesh_common::model::token_swap::with_token;
use secrecy::{ExposeSecret as _, SecretString};

use crate::rotate::holder_secret::{Written, conflict, remove_last_applied, rewrite};
use crate::rotate::model::{HolderSecret, Holds, TokenEntry};

/// Gives the holder the new token where it has the old one, and returns its secret as it is then.
///
/// # Errors
/// The secret was changed meanwhile, its kubeconfig cannot be given another token, or the write failed.
pub(super) async fn update_secret(
    interrupt: &Interrupt,
    cluster: &Cluster,
    holder: &HolderSecret,
    new_token: Option<&SecretString>,
) -> Result<Written, Error> {
    let entry = &holder.entry;
    let written = match (holder.holds, new_token) {
        (Holds::Old, Some(token)) => {
            rewrite(interrupt, cluster, entry, |kubeconfig| {
                let found = bearer_token(kubeconfig).ok_or_else(|| conflict(entry, cluster))?;
                if found.expose_secret() == token.expose_secret() {
                    return Ok(None);
                }
                if found.expose_secret() != entry.token.expose_secret() {
                    return Err(conflict(entry, cluster));
                }
                let replaced = replace_token(entry, cluster.context(), kubeconfig, token)?;
                Ok(Some(replaced.expose_secret().as_bytes().to_vec()))
            })
            .await?
        }
        (Holds::Old | Holds::New, _) => Written {
            secret: entry.secret.clone(),
            by_us: false,
            cleaned: false,
        },
    };
    let cleaned = remove_last_applied(interrupt, cluster, &written.secret, entry.name()).await?;
    Ok(Written { cleaned, ..written })
}

/// Returns the kubeconfig of `entry` with the new token.
fn replace_token(
    entry: &TokenEntry,
    context: &str,
    kubeconfig: &[u8],
    token: &SecretString,
) -> Result<SecretString, Error> {
    let old = entry.token.expose_secret();
    with_token(kubeconfig, old, token.expose_secret()).ok_or_else(|| {
        Error::refused(format!(
            "the kubeconfig of secret {} in context {context} cannot be given another token",
            entry.name()
        ))
    })
}
