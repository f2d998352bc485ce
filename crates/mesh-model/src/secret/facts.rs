//! The facts of a Secret: everything that is judged, and nothing that gives access.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::found::JudgedKey;
use super::pool::{Kubeconfig, SecretPool};
use crate::names::ARGO_SECRET_TYPE;
use crate::remote_secret::has_label;
use crate::snapshot::kept;

/// A Secret without what is secret in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecretFacts {
    /// The Secret with empty values under its data keys, without managed fields, with empty values of other programs' annotations, and
    /// without what is its own. It is in memory once for all clusters that have the same one.
    pub secret: Arc<Secret>,
    /// The fields that the server set.
    own: Own,
    /// The facts of each data key, in the order of the keys, in memory once for all secrets with the same kubeconfig. A list, since a map
    /// of one takes as much room as one of eleven.
    keys: Box<[(String, Arc<JudgedKey>)]>,
}

/// The fields that the API server sets in each Secret.
#[derive(Debug, Clone, Default, PartialEq)]
struct Own {
    uid: Option<Box<str>>,
    version: Option<Box<str>>,
    created_at: Option<Time>,
    /// Its managed fields as they were read, in JSON: a tree of them takes ten times as much memory as their text.
    managed_fields: Option<Box<str>>,
}

/// A Secret as it was read, before its kubeconfigs are judged. What many secrets have is in memory once.
pub struct UnjudgedSecret {
    secret: Arc<Secret>,
    own: Own,
    values: SecretValues,
}

/// The values of a Secret that its facts lack. Those of its data give access in clear, and are in no snapshot.
#[derive(Clone, Default)]
pub struct SecretValues {
    /// Those of its data, in the order of the keys.
    data: Vec<(String, Arc<Kubeconfig>)>,
    /// Those of other programs' annotations.
    annotations: BTreeMap<String, String>,
}

impl UnjudgedSecret {
    /// Takes a Secret apart.
    pub fn new(mut secret: Secret, pool: &SecretPool) -> Self {
        secret.string_data = None;
        let mut values = SecretValues::default();
        for (name, value) in secret.metadata.annotations.iter_mut().flatten() {
            if !kept::ANNOTATIONS.contains(&name.as_str()) {
                let value = std::mem::take(value);
                values.annotations.insert(name.clone(), value);
            }
        }
        values.data = Vec::with_capacity(secret.data.as_ref().map_or(0, BTreeMap::len));
        for (key, value) in secret.data.iter_mut().flatten() {
            let value = std::mem::replace(value, ByteString(Vec::new()));
            values.data.push((key.clone(), pool.shared(value)));
        }
        let own = Own::take(&mut secret);
        Self {
            secret: pool.frame(secret),
            own,
            values,
        }
    }

    /// Returns whether all of its kubeconfigs were judged before, with another secret.
    pub fn is_known(&self) -> bool {
        self.values.data.iter().all(|(_, value)| value.is_judged())
    }

    /// Returns the facts of the Secret, and beside them the values that give access; these are lost where they are dropped.
    pub fn judged(self, pool: &SecretPool) -> (SecretFacts, SecretValues) {
        let values = self.values.data.iter();
        let facts = SecretFacts {
            secret: self.secret,
            own: self.own,
            keys: values
                .map(|(key, value)| (key.clone(), pool.judged(value)))
                .collect(),
        };
        (facts, self.values)
    }
}

impl Own {
    fn take(secret: &mut Secret) -> Self {
        let meta = &mut secret.metadata;
        let entries = meta.managed_fields.take();
        let managed_fields = entries.and_then(|entries| serde_json::to_string(&entries).ok());
        Self {
            uid: meta.uid.take().map(String::into_boxed_str),
            version: meta.resource_version.take().map(String::into_boxed_str),
            created_at: meta.creation_timestamp.take(),
            managed_fields: managed_fields.map(String::into_boxed_str),
        }
    }

    /// Gives all of it back.
    fn give(&self, secret: &mut Secret) {
        self.give_but_managed_fields(secret);
        let text = self.managed_fields.as_deref();
        secret.metadata.managed_fields = text.and_then(|text| serde_json::from_str(text).ok());
    }

    fn give_but_managed_fields(&self, secret: &mut Secret) {
        let meta = &mut secret.metadata;
        meta.uid = self.uid.as_deref().map(str::to_owned);
        meta.resource_version = self.version.as_deref().map(str::to_owned);
        meta.creation_timestamp.clone_from(&self.created_at);
    }
}

impl SecretFacts {
    /// Reduces a Secret to its facts. The values that give access are returned beside them, and are lost where they are dropped.
    pub fn split(secret: Secret, pool: &SecretPool) -> (Self, SecretValues) {
        UnjudgedSecret::new(secret, pool).judged(pool)
    }

    /// Returns the Secret's UID.
    pub fn uid(&self) -> Option<&str> {
        self.own.uid.as_deref()
    }

    /// Returns the time of its creation.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.own.created_at.as_ref().map(|time| time.0)
    }

    /// Returns the Secret to change it, apart from those of other clusters.
    pub(crate) fn secret_mut(&mut self) -> &mut Secret {
        Arc::make_mut(&mut self.secret)
    }

    /// Returns the Secret as it was read, from its facts and its values.
    pub fn whole(self, values: SecretValues) -> Secret {
        let mut secret = Arc::unwrap_or_clone(self.secret);
        self.own.give(&mut secret);
        for (key, value) in values.data {
            let data = secret.data.get_or_insert_default();
            data.insert(key, value.into_bytes());
        }
        for (name, value) in values.annotations {
            let annotations = secret.metadata.annotations.get_or_insert_default();
            annotations.insert(name, value);
        }
        secret
    }

    /// Returns the Secret with its managed fields, for deciding who owns it.
    pub fn with_managed_fields(&self) -> Secret {
        let mut secret = Secret::clone(&self.secret);
        self.own.give(&mut secret);
        secret
    }

    /// Returns the facts under a data key; nothing where there is no such key.
    pub fn judged(&self, key: &str) -> Option<&JudgedKey> {
        let place = self.keys.binary_search_by(|(one, _)| one.as_str().cmp(key));
        place.ok().map(|place| self.keys[place].1.as_ref())
    }

    /// Returns the facts of all data keys.
    pub fn all_judged(&self) -> &[(String, Arc<JudgedKey>)] {
        &self.keys
    }

    /// Returns the data keys that are clusters for istiod; none if they are clusters of another program.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        let keys = self.secret.data.iter().flat_map(BTreeMap::keys);
        keys.filter(|_| !self.is_of_argo_cd()).map(String::as_str)
    }

    /// Returns whether it is a Secret in which Argo CD stores a deployment target, which is not a remote secret.
    pub fn is_of_argo_cd(&self) -> bool {
        let labels = self.secret.metadata.labels.as_ref();
        !has_label(&self.secret)
            && labels
                .and_then(|all| all.get(ARGO_SECRET_TYPE))
                .is_some_and(|kind| kind == "cluster")
    }
}

/// The facts as a file has them, each with all of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<K> {
    secret: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    managed_fields: Option<Box<str>>,
    keys: Vec<(String, K)>,
}

impl Serialize for SecretFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut secret = Secret::clone(&self.secret);
        self.own.give_but_managed_fields(&mut secret);
        let keys = self.keys.iter();
        let written = Written {
            secret,
            managed_fields: self.own.managed_fields.clone(),
            keys: keys
                .map(|(key, judged)| (key.clone(), judged.as_ref()))
                .collect(),
        };
        written.serialize(serializer)
    }
}

impl<'d> Deserialize<'d> for SecretFacts {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        let mut written: Written<JudgedKey> = Written::deserialize(deserializer)?;
        let own = Own {
            managed_fields: written.managed_fields,
            ..Own::take(&mut written.secret)
        };
        let keys = written.keys.into_iter();
        Ok(Self {
            secret: Arc::new(written.secret),
            own,
            keys: keys.map(|(key, judged)| (key, Arc::new(judged))).collect(),
        })
    }
}

impl SecretValues {
    /// Returns the value of a data key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        let value = self.data.iter().find(|(one, _)| one == key);
        value.map(|(_, value)| value.bytes())
    }

    /// Returns only those of its data.
    #[must_use]
    pub fn of_data(mut self) -> Self {
        self.annotations = BTreeMap::new();
        self
    }
}

impl std::fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = self.data.iter().map(|(key, _)| key);
        f.debug_set().entries(keys).finish()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::access::{Access, AccessTrust, AccessUser};

    fn kubeconfig(token: &str) -> String {
        let access = Access {
            server: "https://w:6443".to_owned(),
            trust: AccessTrust::Insecure,
            tls_server_name: None,
            proxy_url: Some("http://user:hidden-proxy-login@proxy:3128".to_owned()),
            user: AccessUser::Token(SecretString::from(token)),
        };
        access.to_kubeconfig("west")
    }

    #[test]
    fn nothing_that_gives_access_is_in_the_facts() {
        let token = "hidden-token";
        let text = kubeconfig(token);
        let secret: Secret = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "s", "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": format!("{{{token}}}"),
                "networking.istio.io/cluster": "west",
            }},
            "data": {"west": ByteString(text.clone().into_bytes())},
            "stringData": {"more": token},
        }))
        .expect("it is a Secret");
        let (facts, values) = SecretFacts::split(secret, &SecretPool::of_tests());
        let encoded = serde_json::to_value(ByteString(text.clone().into_bytes()));
        let encoded = encoded.expect("bytes are a text");
        for all in [
            serde_json::to_string(&facts).expect("facts are JSON"),
            format!("{facts:?} {values:?}"),
        ] {
            for hidden in [
                "hidden",
                encoded.as_str().expect("it is a text"),
                "clusters:",
            ] {
                assert!(!all.contains(hidden), "{hidden} in {all}");
            }
            assert!(all.contains("https://w:6443") && all.contains("last-applied"));
        }
        assert_eq!(values.get("west"), Some(text.as_bytes()));
    }

    #[test]
    fn a_secret_is_whole_again_with_its_values() {
        for secret in [
            serde_json::json!({"metadata": {"name": "s", "uid": "u", "resourceVersion": "7",
                "labels": {"istio/multiCluster": "true"},
                "annotations": {"note": "theirs", "networking.istio.io/cluster": "west", "empty": ""},
                "managedFields": [{"manager": "istioctl", "operation": "Apply", "apiVersion": "v1",
                    "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:west": {}}}}]},
                "type": "Opaque", "immutable": true,
                "data": {"west": ByteString(kubeconfig("t").into_bytes()), "empty": ""}}),
            serde_json::json!({"metadata": {"name": "s", "annotations": {}}, "data": {}}),
            serde_json::json!({"metadata": {}}),
        ] {
            let secret: Secret = serde_json::from_value(secret).expect("it is a Secret");
            let (facts, values) = SecretFacts::split(secret.clone(), &SecretPool::of_tests());
            assert_eq!(facts.whole(values), secret);
        }
    }
}
