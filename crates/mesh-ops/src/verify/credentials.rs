//! Uses the credentials of remote secrets, each distinct one once: all holders of one token get the same answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mesh_client::Connector;
use mesh_model::istiod;
use mesh_model::secret::{Contexts, Credentials, FoundSecret, Holder};
use mesh_model::snapshot::ClusterSnapshot;

use crate::secret::probe::Prober;
use crate::secret::remote::RemoteClusters;
use crate::snapshot::ValuesOfSecrets;

/// The most distinct credentials that are used in one run.
const MOST: usize = 500;

/// A secret's data key: the holder's context, the name of the Secret, and the key.
type Place = (String, String, String);

/// The means to use credentials.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    /// The contexts of the kubeconfig, by the servers that they give access to.
    pub(super) contexts: &'a Contexts,
    /// Makes the connections.
    pub(super) connector: &'a Connector,
    /// The clusters to compare with; none, since all were read.
    pub(super) remotes: &'a RemoteClusters,
    /// True if loopback addresses are accepted.
    pub(super) allow_loopback: bool,
    /// The limit for one answer.
    pub(super) answer: Duration,
}

/// Uses the credentials of all holders, and returns the results by the context of the holder; with the reason why some were not
/// used. `values` are those of the secrets, by context.
pub(super) async fn use_credentials(
    holders: &[ClusterSnapshot],
    mut values: BTreeMap<String, ValuesOfSecrets>,
    means: Means<'_>,
) -> (BTreeMap<String, Credentials>, Option<String>) {
    let mut found: Vec<FoundSecret> = Vec::new();
    for holder in holders {
        let of_holder = Holder {
            member: &Arc::new(holder.member()),
            kubectl: &Arc::new(holder.kubectl.clone()),
            versions: &istiod::versions(holder.istiods.items()),
            allow_loopback: means.allow_loopback,
        };
        let Some(values) = values.get_mut(&holder.context) else {
            continue;
        };
        for facts in holder.secrets_of_namespace() {
            let secret = (facts.clone(), values.take(facts));
            let mut secret = FoundSecret::in_holder(&of_holder, secret);
            secret.find_contexts(means.contexts);
            found.push(secret);
        }
    }
    let distinct = distinct(&found);
    let total = distinct.len();
    let prober = Prober {
        remotes: means.remotes,
        connector: means.connector,
        request_timeout: Some(means.answer),
    };
    let used: Vec<(Vec<Place>, (&FoundSecret, &str))> = distinct.into_iter().take(MOST).collect();
    let keys = used.iter().map(|(_, key)| *key).collect();
    let answers = prober.probe_keys(keys).await;
    let mut credentials: BTreeMap<String, Credentials> = BTreeMap::new();
    for ((places, _), probe) in used.into_iter().zip(answers) {
        for (context, name, key) in places {
            let of_holder = credentials.entry(context).or_default();
            of_holder.insert((name, key), probe.facts.clone());
        }
    }
    let unused = (total > MOST)
        .then(|| format!("the mesh has {total} different credentials, of which {MOST} were used"));
    (credentials, unused)
}

/// Returns the distinct credentials, each with all places that have it. One without a mark may be like no other.
fn distinct(found: &[FoundSecret]) -> Vec<(Vec<Place>, (&FoundSecret, &str))> {
    let mut distinct: Vec<(Vec<Place>, (&FoundSecret, &str))> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for secret in found {
        let context = secret.context.clone().unwrap_or_default();
        for key in secret.keys() {
            let place = (context.clone(), secret.name().to_owned(), key.to_owned());
            let mark = secret.judged(key).and_then(|judged| judged.mark.as_deref());
            // The rights that istiod needs depend on its version.
            let mark = mark.map(|mark| format!("{mark} {:?}", secret.versions));
            if let Some(&same) = mark.as_ref().and_then(|mark| known.get(mark)) {
                distinct[same].0.push(place);
            } else {
                known.extend(mark.map(|mark| (mark, distinct.len())));
                distinct.push((vec![place], (secret, key)));
            }
        }
    }
    distinct
}
