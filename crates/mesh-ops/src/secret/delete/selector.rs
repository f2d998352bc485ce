//! The names that were asked for, and the secrets that each of them selects. Pure.

use k8s_openapi::api::core::v1::Secret;
use mesh_model::Error;
use mesh_model::names::{CONFIG_SECRET, MULTI_CLUSTER_LABEL, REMOTE_SECRET_PREFIX};
use mesh_model::remote_secret::{annotated_cluster, gives_access_to, secret_name};

/// The name of a cluster or of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    name: String,
    /// True if it was written as `secret/NAME`, as `-o name` prints it.
    is_secret_name: bool,
}

impl Selector {
    /// Returns the selectors of these texts, each once.
    ///
    /// # Errors
    /// All that can be neither, joined.
    pub fn parse_all(texts: &[String]) -> Result<Vec<Self>, Error> {
        let mut names = Error::gather(texts.iter().map(|text| Self::parse(text)))?;
        let mut known: Vec<Self> = Vec::new();
        names.retain(|name| {
            let is_new = !known.contains(name);
            known.push(name.clone());
            is_new
        });
        Ok(names)
    }

    /// Parses one.
    ///
    /// Source of the rule: <https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data>, which holds
    /// for data keys, and so for clusters; names of Secrets are narrower.
    fn parse(text: &str) -> Result<Self, Error> {
        let kinds = ["secret/", "secrets/"];
        let name = kinds.iter().find_map(|kind| text.strip_prefix(kind));
        let (name, is_secret_name) = name.map_or((text, false), |name| (name, true));
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(is_letter) {
            return Err(Error::usage(format!(
                "{text:?} is neither the name of a cluster nor of a Secret"
            ))
            .hint("use a name that kubectl mesh-secret list prints"));
        }
        Ok(Self {
            name: name.to_owned(),
            is_secret_name,
        })
    }

    /// Returns the name as it was written.
    pub(super) fn word(&self) -> String {
        if self.is_secret_name {
            format!("secret/{}", self.name)
        } else {
            self.name.clone()
        }
    }

    /// Returns the name itself.
    pub(super) fn as_str(&self) -> &str {
        &self.name
    }

    /// Returns the names of Secrets without the label that it selects.
    pub(super) fn secret_names(&self) -> Vec<String> {
        let usual = (!self.is_secret_name).then(|| secret_name(&self.name));
        let names = std::iter::once(self.name.clone()).chain(usual);
        names.filter(|name| may_be_secret_name(name)).collect()
    }

    /// Returns true where it is the Secret's own name.
    fn is_name_of(&self, secret: &Secret) -> bool {
        secret.metadata.name.as_ref() == Some(&self.name)
    }

    /// Returns true where it selects `secret`: it is its name, or the secret is for the cluster and for no other.
    pub(super) fn selects(&self, secret: &Secret) -> bool {
        self.is_name_of(secret) || (self.is_about(secret) && self.is_for_no_other(secret))
    }

    /// Returns true where `secret` gives access to the cluster, be it among others.
    pub(super) fn is_about(&self, secret: &Secret) -> bool {
        let has_default_name = secret.metadata.name == Some(secret_name(&self.name));
        !self.is_secret_name && (has_default_name || gives_access_to(secret, &self.name))
    }

    fn is_for_no_other(&self, secret: &Secret) -> bool {
        // An external istiod reads its own configuration with that one.
        if secret.metadata.name.as_deref() == Some(CONFIG_SECRET) {
            return false;
        }
        let mut keys = secret.data.iter().flat_map(|data| data.keys());
        keys.all(|key| *key == self.name)
    }
}

/// Returns true where `secret` is a remote secret, or was meant to be one.
pub(super) fn is_remote(secret: &Secret) -> bool {
    let labels = secret.metadata.labels.as_ref();
    let has_label = labels.is_some_and(|labels| labels.contains_key(MULTI_CLUSTER_LABEL));
    let name = secret.metadata.name.as_deref().unwrap_or_default();
    has_label || name.starts_with(REMOTE_SECRET_PREFIX) || name == CONFIG_SECRET
}

/// Returns the names that may have been meant: of the secrets, and of the clusters that they give access to.
pub(super) fn known_names<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Vec<&'a str> {
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

/// Returns false for a name that no object can have, which is no reason to ask a server.
fn may_be_secret_name(name: &str) -> bool {
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

    fn name(text: &str) -> Selector {
        Selector::parse(text).unwrap()
    }

    #[test]
    fn a_cluster_selects_what_is_for_it_alone() {
        for (selected, secret) in [
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
                name("west").selects(&secret),
                selected,
                "{:?}",
                secret.metadata.name
            );
        }
        let config = secret("istio-kubeconfig", &["config"], Some("west"));
        assert!(!name("config").selects(&config) && name("istio-kubeconfig").selects(&config));
        assert!(name("west").is_about(&config) && !name("east").is_about(&config));
    }

    #[test]
    fn the_words_of_output_name_are_a_secrets_name_only() {
        let both = secret("both", &["east", "west"], None);
        assert!(name("secret/both").selects(&both) && !name("secret/west").is_about(&both));
        assert_eq!(name("secret/west").secret_names(), ["west"]);
        assert_eq!(name("secret/West_1").secret_names(), Vec::<String>::new());
        // A cluster may have a name that no object can have; its secret has one that is made of it.
        assert_eq!(
            name("West_1").secret_names(),
            ["istio-remote-secret-west-1-2efd4bc7"]
        );
        assert_eq!(
            name("west").secret_names(),
            ["west", "istio-remote-secret-west"]
        );
        let twice = [
            "west".to_owned(),
            "west".to_owned(),
            "secret/west".to_owned(),
        ];
        assert_eq!(Selector::parse_all(&twice).unwrap().len(), 2);
        let bad = ["a/b".to_owned(), String::new(), "pod/west".to_owned()];
        assert_eq!(Selector::parse_all(&bad).unwrap_err().also().len(), 2);
    }
}
