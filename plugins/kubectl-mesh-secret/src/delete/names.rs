//! The names that were asked for, and which secrets each of them takes. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::model::Error;
use mesh_common::model::names::{CONFIG_SECRET, MULTI_CLUSTER_LABEL, REMOTE_SECRET_PREFIX};
use mesh_common::model::remote_secret::{annotated_cluster, leads_to, secret_name};

/// A cluster's name or a Secret's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    text: String,
    /// Whether it was written as `secret/NAME`, as `-o name` prints it.
    is_secrets: bool,
}

impl Name {
    /// The names, each once.
    ///
    /// # Errors
    /// All that can be neither, joined.
    pub(super) fn all(texts: &[String]) -> Result<Vec<Self>, Error> {
        let mut names = Error::gather(texts.iter().map(|text| Self::of(text)))?;
        let mut known: Vec<Self> = Vec::new();
        names.retain(|name| {
            let is_new = !known.contains(name);
            known.push(name.clone());
            is_new
        });
        Ok(names)
    }

    /// Source of the rule: <https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data>, which holds
    /// for data keys, and so for clusters; names of Secrets are narrower.
    fn of(text: &str) -> Result<Self, Error> {
        let kinds = ["secret/", "secrets/"];
        let name = kinds.iter().find_map(|kind| text.strip_prefix(kind));
        let (name, is_secrets) = name.map_or((text, false), |name| (name, true));
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(is_letter) {
            return Err(Error::usage(format!(
                "{text:?} is neither the name of a cluster nor of a Secret"
            ))
            .hint("name it as kubectl mesh-secret list does"));
        }
        Ok(Self {
            text: name.to_owned(),
            is_secrets,
        })
    }

    /// The name as it was written.
    pub(super) fn word(&self) -> String {
        if self.is_secrets {
            format!("secret/{}", self.text)
        } else {
            self.text.clone()
        }
    }

    /// The name itself.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// What a Secret without the label would have to be called to be meant.
    pub(super) fn of_secrets(&self) -> Vec<String> {
        let usual = (!self.is_secrets).then(|| secret_name(&self.text));
        let names = std::iter::once(self.text.clone()).chain(usual);
        names.filter(|name| may_be_a_secrets(name)).collect()
    }

    /// Whether it is the Secret's own.
    pub(super) fn is_of(&self, secret: &Secret) -> bool {
        secret.metadata.name.as_ref() == Some(&self.text)
    }

    /// Whether `secret` goes by this name: it is its own, or the secret leads to the cluster and nowhere else.
    pub(super) fn takes(&self, secret: &Secret) -> bool {
        self.is_of(secret) || (self.is_about(secret) && self.leads_nowhere_else(secret))
    }

    /// Whether `secret` leads to the cluster, be it among others.
    pub(super) fn is_about(&self, secret: &Secret) -> bool {
        let has_usual_name = secret.metadata.name == Some(secret_name(&self.text));
        !self.is_secrets && (has_usual_name || leads_to(secret, &self.text))
    }

    fn leads_nowhere_else(&self, secret: &Secret) -> bool {
        // An external istiod reads its own configuration with that one.
        if secret.metadata.name.as_deref() == Some(CONFIG_SECRET) {
            return false;
        }
        let mut keys = secret.data.iter().flat_map(|data| data.keys());
        keys.all(|key| *key == self.text)
    }
}

/// Whether `secret` is a remote secret, or was meant to be one.
pub(super) fn is_remote(secret: &Secret) -> bool {
    let labels = secret.metadata.labels.as_ref();
    let has_label = labels.is_some_and(|labels| labels.contains_key(MULTI_CLUSTER_LABEL));
    let name = secret.metadata.name.as_deref().unwrap_or_default();
    has_label || name.starts_with(REMOTE_SECRET_PREFIX) || name == CONFIG_SECRET
}

/// The names that somebody may have meant: of the secrets, and of the clusters that they lead to.
pub(super) fn known<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Vec<&'a str> {
    let names = |secret: &'a Secret| {
        let keys = secret.data.iter().flat_map(|data| data.keys());
        let own = secret.metadata.name.iter();
        keys.chain(own)
            .chain(annotated_cluster(secret))
            .map(String::as_str)
    };
    let mut known: Vec<&str> = secrets
        .filter(|secret| is_remote(secret))
        .flat_map(names)
        .collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// A name that no object can have is no reason to ask a server.
fn may_be_a_secrets(name: &str) -> bool {
    let is_word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: u8| is_word(c) || c == b'-' || c == b'.';
    let bytes = name.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    bytes.len() <= 253
        && bytes.iter().all(|c| inner(*c))
        && ends.iter().all(|end| end.is_some_and(|c| is_word(*c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(name: &str, keys: &[&str], annotation: Option<&str>) -> Secret {
        let data: serde_json::Map<_, _> = keys
            .iter()
            .map(|key| ((*key).to_owned(), "eA==".into()))
            .collect();
        let annotations = annotation.map(|name| json!({"networking.istio.io/cluster": name}));
        serde_json::from_value(
            json!({"metadata": {"name": name, "labels": {"istio/multiCluster": "true"},
            "annotations": annotations}, "data": data}),
        )
        .unwrap()
    }

    fn name(text: &str) -> Name {
        Name::of(text).unwrap()
    }

    #[test]
    fn a_cluster_takes_what_leads_to_it_alone() {
        for (taken, secret) in [
            (
                true,
                secret("istio-remote-secret-west", &["west"], Some("west")),
            ),
            (true, secret("older", &["west"], None)),
            (true, secret("empty", &[], Some("west"))),
            (true, secret("west", &["east"], Some("east"))),
            (false, secret("both", &["east", "west"], Some("west"))),
            (false, secret("istio-kubeconfig", &["config"], Some("west"))),
            (false, secret("renamed", &["old-west"], Some("west"))),
            (
                false,
                secret("istio-remote-secret-west", &["old-west"], None),
            ),
            (
                false,
                secret("istio-remote-secret-east", &["east"], Some("east")),
            ),
        ] {
            assert_eq!(
                name("west").takes(&secret),
                taken,
                "{:?}",
                secret.metadata.name
            );
        }
        let config = secret("istio-kubeconfig", &["config"], Some("west"));
        assert!(!name("config").takes(&config) && name("istio-kubeconfig").takes(&config));
        assert!(name("west").is_about(&config) && !name("east").is_about(&config));
    }

    #[test]
    fn the_words_of_output_name_are_a_secrets_name_only() {
        let both = secret("both", &["east", "west"], None);
        assert!(name("secret/both").takes(&both) && !name("secret/west").is_about(&both));
        assert_eq!(name("secret/west").of_secrets(), ["west"]);
        assert_eq!(name("secret/West_1").of_secrets(), Vec::<String>::new());
        // A cluster may have a name that no object can have; its secret has one that is made of it.
        assert_eq!(
            name("West_1").of_secrets(),
            ["istio-remote-secret-west-1-2efd4bc7"]
        );
        assert_eq!(
            name("west").of_secrets(),
            ["west", "istio-remote-secret-west"]
        );
        let twice = [
            "west".to_owned(),
            "west".to_owned(),
            "secret/west".to_owned(),
        ];
        assert_eq!(Name::all(&twice).unwrap().len(), 2);
        let bad = ["a/b".to_owned(), String::new(), "pod/west".to_owned()];
        assert_eq!(Name::all(&bad).unwrap_err().also().len(), 2);
    }
}
