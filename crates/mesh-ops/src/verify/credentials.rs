//! Uses the credentials of remote secrets, each distinct one once: all holders of one token get the same answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mesh_client::Connector;
use mesh_model::istiod;
use mesh_model::read::Read;
use mesh_model::secret::{FoundSecret, Holder};
use mesh_model::snapshot::{CheckedCredential, CredentialPlace, MeshSnapshot};

use crate::secret::probe::Prober;
use crate::secret::remote::RemoteClusters;
use crate::snapshot::ValuesOfSecrets;

/// The most distinct credentials that are used in one run.
const MOST: usize = 500;

/// The means to use credentials.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    /// Makes the connections.
    pub(super) connector: &'a Connector,
    /// The clusters to compare with; none, since all were read.
    pub(super) remotes: &'a RemoteClusters,
    /// The limit for one answer.
    pub(super) answer: Duration,
}

/// Uses the credentials of all holders, and adds the results to the snapshot. `values` are those of the secrets, by context.
pub(super) async fn use_credentials(
    mesh: &mut MeshSnapshot,
    mut values: BTreeMap<String, ValuesOfSecrets>,
    means: Means<'_>,
) {
    let contexts = mesh.known_contexts();
    let mut found: Vec<FoundSecret> = Vec::new();
    for holder in &mesh.clusters {
        let of_holder = Holder {
            member: &Arc::new(holder.member()),
            kubectl: &Arc::new(holder.kubectl.clone()),
            versions: &istiod::versions(holder.istiods.items()),
            allow_loopback: mesh.asked.allow_loopback,
        };
        let Some(values) = values.get_mut(&holder.context) else {
            continue;
        };
        for facts in holder.secrets_of_namespace() {
            let secret = (facts.clone(), values.take(facts));
            let mut secret = FoundSecret::in_holder(&of_holder, secret);
            secret.find_contexts(&contexts);
            found.push(secret);
        }
    }
    let distinct = distinct(&found);
    mesh.credentials_left_out = distinct.len().saturating_sub(MOST);
    let prober = Prober {
        remotes: means.remotes,
        connector: means.connector,
        request_timeout: Some(means.answer),
    };
    let used: Vec<Distinct<'_>> = distinct.into_iter().take(MOST).collect();
    let keys = used.iter().map(|one| (one.secret, one.key)).collect();
    let answers = prober.probe_keys(keys).await;
    let checked = used
        .into_iter()
        .zip(answers)
        .map(|(one, probe)| CheckedCredential {
            mark: mark(one.secret, one.key).map(str::to_owned),
            held_in: one.held_in,
            answer: probe.facts,
        });
    mesh.credential_checks = Read::Seen(checked.collect());
}

/// A credential, with all places that have it.
struct Distinct<'f> {
    secret: &'f FoundSecret,
    key: &'f str,
    held_in: Vec<CredentialPlace>,
}

/// Returns the distinct credentials. One without a mark may be like no other.
fn distinct(found: &[FoundSecret]) -> Vec<Distinct<'_>> {
    let mut distinct: Vec<Distinct<'_>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for secret in found {
        let context = secret.context.clone().unwrap_or_default();
        for key in secret.keys() {
            let place = CredentialPlace {
                context: context.clone(),
                secret: secret.name().to_owned(),
                key: key.to_owned(),
            };
            // The rights that istiod needs depend on its version.
            let mark = mark(secret, key).map(|mark| format!("{mark} {:?}", secret.versions));
            if let Some(&same) = mark.as_ref().and_then(|mark| known.get(mark)) {
                distinct[same].held_in.push(place);
            } else {
                known.extend(mark.map(|mark| (mark, distinct.len())));
                distinct.push(Distinct {
                    secret,
                    key,
                    held_in: vec![place],
                });
            }
        }
    }
    distinct
}

fn mark<'f>(secret: &'f FoundSecret, key: &str) -> Option<&'f str> {
    secret.judged(key)?.mark.as_deref()
}
