//! The facts of a Secret: everything that is judged, and nothing that gives access.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use serde::{Deserialize, Serialize};

use super::found::JudgedKey;
use super::salt::Salt;
use crate::access_facts;
use crate::istiod_rules;
use crate::snapshot::kept;

/// A Secret without what is secret in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretFacts {
    /// The Secret with empty values under its data keys, without managed fields, and with empty values of other programs'
    /// annotations.
    pub secret: Secret,
    /// Its managed fields as they were read, in JSON: a tree of them takes ten times as much memory as their text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    managed_fields: Option<Box<str>>,
    /// The facts of each data key, in the order of the keys. A list, since a map of one takes as much room as one of eleven.
    keys: Vec<(String, JudgedKey)>,
}

/// The values of a Secret that its facts lack. Those of its data give access in clear, and are in no snapshot.
#[derive(Clone, Default)]
pub struct SecretValues {
    /// Those of its data.
    data: BTreeMap<String, ByteString>,
    /// Those of other programs' annotations.
    annotations: BTreeMap<String, String>,
}

impl SecretFacts {
    /// Reduces a Secret to its facts. The values that give access are returned beside them, and are lost where they are dropped.
    pub fn split(mut secret: Secret, salt: &Salt) -> (Self, SecretValues) {
        let entries = secret.metadata.managed_fields.take();
        let managed_fields = entries
            .and_then(|entries| serde_json::to_string(&entries).ok())
            .map(String::into_boxed_str);
        secret.string_data = None;
        let mut values = SecretValues::default();
        for (name, value) in secret.metadata.annotations.iter_mut().flatten() {
            if !kept::ANNOTATIONS.contains(&name.as_str()) {
                let value = std::mem::take(value);
                values.annotations.insert(name.clone(), value);
            }
        }
        let mut keys = Vec::with_capacity(secret.data.as_ref().map_or(0, BTreeMap::len));
        for (key, value) in secret.data.iter_mut().flatten() {
            let value = std::mem::replace(value, ByteString(Vec::new()));
            keys.push((key.clone(), judged(&value.0, salt)));
            values.data.insert(key.clone(), value);
        }
        let facts = Self {
            secret,
            managed_fields,
            keys,
        };
        (facts, values)
    }

    /// Returns the Secret as it was read, from its facts and its values.
    pub fn whole(self, values: SecretValues) -> Secret {
        let mut secret = self.secret;
        let entries = self.managed_fields;
        secret.metadata.managed_fields = entries.and_then(|text| serde_json::from_str(&text).ok());
        for (key, value) in values.data {
            secret.data.get_or_insert_default().insert(key, value);
        }
        for (name, value) in values.annotations {
            let annotations = secret.metadata.annotations.get_or_insert_default();
            annotations.insert(name, value);
        }
        secret
    }

    /// Returns the Secret with its managed fields, for deciding who owns it.
    pub fn with_managed_fields(&self) -> Secret {
        let mut secret = self.secret.clone();
        if let Some(text) = &self.managed_fields {
            secret.metadata.managed_fields = serde_json::from_str(text).ok();
        }
        secret
    }

    /// Returns the facts under a data key; nothing where there is no such key.
    pub fn judged(&self, key: &str) -> Option<&JudgedKey> {
        let place = self.keys.binary_search_by(|(one, _)| one.as_str().cmp(key));
        place.ok().map(|place| &self.keys[place].1)
    }

    /// Returns the facts of all data keys.
    pub fn all_judged(&self) -> &[(String, JudgedKey)] {
        &self.keys
    }
}

fn judged(value: &[u8], salt: &Salt) -> JudgedKey {
    let (verdict, mut access) = istiod_rules::judge(value);
    if let Some(token) = access.as_mut().and_then(|access| access.token.as_mut()) {
        // Only who holds the token itself needs them.
        token.secret_uid = None;
        token.account_uid = None;
    }
    JudgedKey {
        refusal: verdict.err(),
        access,
        mark: access_facts::mark(value, salt),
    }
}

impl SecretValues {
    /// Returns the value of a data key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.data.get(key).map(|value| value.0.as_slice())
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
        f.debug_set().entries(self.data.keys()).finish()
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
        let (facts, values) = SecretFacts::split(secret, &Salt::of_tests());
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
            let (facts, values) = SecretFacts::split(secret.clone(), &Salt::of_tests());
            assert_eq!(facts.whole(values), secret);
        }
    }

    #[test]
    fn the_mark_tells_whether_two_keys_give_the_same_access() {
        let salt = Salt::of_tests();
        let mark = |token: &str| judged(kubeconfig(token).as_bytes(), &salt).mark;
        assert!(mark("a").is_some() && mark("a") == mark("a") && mark("a") != mark("b"));
        let renamed = kubeconfig("a").replace("west", "north");
        assert_eq!(judged(renamed.as_bytes(), &salt).mark, mark("a"));
        assert_eq!(judged(b"kind: Config", &salt).mark, None);
        let another = Salt::random().expect("there are random numbers");
        let of_another_run = judged(kubeconfig("a").as_bytes(), &another).mark;
        assert!(of_another_run.is_some() && of_another_run != mark("a"));
    }
}
