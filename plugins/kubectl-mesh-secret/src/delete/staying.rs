//! What stays for a cluster whose secret goes: a second secret for it, which istiod has left alone until now. Pure.

use std::collections::BTreeSet;

use mesh_common::model::Error;
use mesh_common::model::remote_secret::{has_label, own_name};
use mesh_common::model::secret::read_again;

use super::observe::Place;
use super::plan::Doomed;

/// What is to be said of each secret that stays, with the command that has istiods look at it.
pub(super) fn staying(doomed: &[Doomed<'_>], places: &[Place]) -> Vec<Error> {
    let goes: BTreeSet<(usize, &str)> = doomed
        .iter()
        .map(|one| (one.place, own_name(one.secret)))
        .collect();
    let mut told = Vec::new();
    for one in doomed.iter().filter(|one| has_label(one.secret)) {
        let (place, keys) = (&places[one.place], one.secret.data.iter().flatten());
        for (key, _) in keys {
            let staying = place.secrets.iter().find(|secret| {
                let has_key = secret.data.iter().any(|data| data.contains_key(key));
                has_key && has_label(secret) && !goes.contains(&(one.place, own_name(secret)))
            });
            let uid = one.secret.metadata.uid.as_deref();
            if let (Some(kept), Some(uid)) = (staying, uid) {
                let namespace = kept.metadata.namespace.as_deref().unwrap_or_default();
                let name = own_name(kept);
                told.push(
                    Error::refused(format!(
                        "secret {namespace}/{name} in context {} is for cluster {key} too",
                        place.context
                    ))
                    .hint(read_again(&place.kubectl, namespace, name, uid)),
                );
            }
        }
    }
    told
}
