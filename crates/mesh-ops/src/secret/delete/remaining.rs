//! Secrets that remain for a cluster whose secret is deleted: second ones for it, which istiod has ignored until now. Pure.

use std::collections::BTreeSet;

use mesh_model::Error;
use mesh_model::remote_secret::{has_label, own_name};
use mesh_model::secret::read_again;

use super::observe::ClusterSecrets;
use super::plan::SecretToDelete;

/// Returns an error for each secret that remains, with the command that has istiods read it.
pub(super) fn remaining(secrets: &[SecretToDelete<'_>], clusters: &[ClusterSecrets]) -> Vec<Error> {
    let deleted: BTreeSet<(usize, &str)> = secrets
        .iter()
        .map(|one| (one.cluster, own_name(one.secret)))
        .collect();
    let mut errors = Vec::new();
    for one in secrets.iter().filter(|one| has_label(one.secret)) {
        let (cluster, keys) = (&clusters[one.cluster], one.secret.data.iter().flatten());
        for (key, _) in keys {
            let remaining = cluster.secrets.iter().find(|secret| {
                let has_key = secret.data.iter().any(|data| data.contains_key(key));
                has_key && has_label(secret) && !deleted.contains(&(one.cluster, own_name(secret)))
            });
            let uid = one.secret.metadata.uid.as_deref();
            if let (Some(secret), Some(uid)) = (remaining, uid) {
                let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
                let name = own_name(secret);
                let sentence = format!(
                    "secret {namespace}/{name} in context {} is for cluster {key} too",
                    cluster.context
                );
                errors.push(Error::refused(sentence).hint(read_again(
                    &cluster.kubectl,
                    namespace,
                    name,
                    uid,
                )));
            }
        }
    }
    errors
}
