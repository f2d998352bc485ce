//! The values of secrets, which stand beside a snapshot and are in none.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_model::read::Read;
use mesh_model::secret::{SecretFacts, SecretValues};

use super::read::ReadCluster;
use super::wanted::KeptValues;

/// The values of secrets, by namespace and name. They give access in clear: it is neither shown nor written.
#[derive(Default)]
pub struct ValuesOfSecrets(BTreeMap<(String, String), SecretValues>);

impl ValuesOfSecrets {
    /// Takes the values of a secret out of it; none if they were not kept.
    pub fn take(&mut self, facts: &SecretFacts) -> SecretValues {
        let values = self.0.remove(&key(&facts.secret.metadata));
        values.unwrap_or_default()
    }

    /// Returns the number of secrets whose values were kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no values were kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps of the values of a secret what is wanted.
    pub(super) fn keep(&mut self, facts: &SecretFacts, values: SecretValues, wanted: KeptValues) {
        let values = match wanted {
            KeptValues::None => return,
            KeptValues::Data => values.of_data(),
            KeptValues::Whole => values,
        };
        self.0.insert(key(&facts.secret.metadata), values);
    }
}

impl ReadCluster {
    /// Takes the secrets out of it as they were read, where [`KeptValues::Whole`] was wanted: those of Istio's namespace, and those
    /// of the others.
    pub fn take_whole_secrets(&mut self) -> (Vec<Secret>, Read<Vec<Secret>>) {
        let Self { snapshot, values } = self;
        let mut whole = |facts: SecretFacts| {
            let values = values.take(&facts);
            facts.whole(values)
        };
        let inside = snapshot.take_secrets().into_iter();
        let inside = inside.map(&mut whole).collect();
        let elsewhere = std::mem::take(&mut snapshot.secrets_elsewhere);
        let elsewhere = elsewhere.map(|facts| facts.into_iter().map(&mut whole).collect());
        (inside, elsewhere)
    }
}

fn key(metadata: &ObjectMeta) -> (String, String) {
    (
        metadata.namespace.clone().unwrap_or_default(),
        metadata.name.clone().unwrap_or_default(),
    )
}
