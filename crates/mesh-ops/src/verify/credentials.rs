//! Uses the credentials of remote secrets, each distinct one once: all holders of one token get the same answer.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use mesh_client::Connector;
use mesh_model::istiod;
use mesh_model::read::Read;
use mesh_model::remote_secret::own_name;
use mesh_model::secret::{FoundSecret, Holder, SecretFacts, SecretValues};
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
    let mut distinct = Distinct::default();
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
            distinct.add(facts, values.take(facts), &of_holder);
        }
    }
    mesh.credentials_left_out = distinct.left_out;
    let prober = Prober {
        remotes: means.remotes,
        connector: means.connector,
        request_timeout: Some(means.answer),
    };
    let used = distinct.used;
    let keys = used.iter().map(|one| (&*one.secret, one.key.as_str()));
    let answers = prober.probe_keys(keys.collect()).await;
    let checked = used
        .into_iter()
        .zip(answers)
        .map(|(one, probe)| CheckedCredential {
            mark: mark(&one.secret.facts, &one.key).map(str::to_owned),
            held_in: one.held_in,
            answer: probe.facts,
        });
    mesh.credential_checks = Read::Seen(checked.collect());
}

/// A credential, with all places that have it.
struct Used {
    /// The first secret that has it.
    secret: Rc<FoundSecret>,
    key: String,
    held_in: Vec<CredentialPlace>,
}

/// The distinct credentials of all holders. One without a mark may be like no other.
#[derive(Default)]
struct Distinct {
    used: Vec<Used>,
    /// Those that are used by their marks, and the versions of istiod; `None` for those beyond the limit.
    known: BTreeMap<String, Option<usize>>,
    /// The number of those beyond the limit.
    left_out: usize,
}

impl Distinct {
    /// Adds the credentials of a secret. Only of secrets with new ones more than their places is kept: there may be thousands.
    fn add(&mut self, facts: &SecretFacts, values: SecretValues, holder: &Holder<'_>) {
        let mut rest = Some(values);
        let mut found: Option<Rc<FoundSecret>> = None;
        for key in facts.clusters() {
            let place = CredentialPlace {
                context: holder.member.context.clone(),
                secret: own_name(&facts.secret).to_owned(),
                key: key.to_owned(),
            };
            // The rights that istiod needs depend on its version.
            let mark = mark(facts, key).map(|mark| format!("{mark} {:?}", holder.versions));
            if let Some(same) = mark.as_ref().and_then(|mark| self.known.get(mark)) {
                if let Some(number) = *same {
                    self.used[number].held_in.push(place);
                }
                continue;
            }
            let number = (self.used.len() < MOST).then_some(self.used.len());
            self.known.extend(mark.map(|mark| (mark, number)));
            if number.is_none() {
                self.left_out += 1;
                continue;
            }
            let secret = found.get_or_insert_with(|| {
                let secret = (facts.clone(), rest.take().unwrap_or_default());
                Rc::new(FoundSecret::in_holder(holder, secret))
            });
            self.used.push(Used {
                secret: Rc::clone(secret),
                key: key.to_owned(),
                held_in: vec![place],
            });
        }
    }
}

fn mark<'f>(facts: &'f SecretFacts, key: &str) -> Option<&'f str> {
    facts.judged(key)?.mark.as_deref()
}
