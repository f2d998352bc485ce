//! Networks: their names, and labels that are similar to Istio's network label.

use std::fmt;
use std::str::FromStr;

use k8s_openapi::api::core::v1::Namespace;

use super::Error;
use super::names::NETWORK_LABEL;

/// The name of a network: a label value that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkName(String);

impl NetworkName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NetworkName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_label_value(text) {
            return Ok(Self(text.to_owned()));
        }
        let error = Error::usage(format!(
            "network {text:?} is not a label value (letters, digits, '-', '_', '.', at most 63, a letter or digit at both ends)"
        ));
        let near = nearest_value(text);
        Err(if near.is_empty() {
            error.hint("name the network as Istio's values do: global.network")
        } else {
            error.hint(format!("for example: {near}"))
        })
    }
}

/// Returns whether `text` is a label value that is not empty. Source:
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
pub fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
        && bytes[0].is_ascii_alphanumeric()
        && bytes[bytes.len() - 1].is_ascii_alphanumeric()
}

fn nearest_value(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mapped: String = text
        .trim()
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    let edge = |c: char| !c.is_ascii_alphanumeric();
    let short: String = mapped.trim_matches(edge).chars().take(63).collect();
    short.trim_end_matches(edge).to_owned()
}

/// Returns those of `keys` that look like a misspelled [`NETWORK_LABEL`], which Istio does not read: the same words in
/// another order, in the plural or with other separators, or a letter or two wrong.
pub fn misspelled<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let right = words(NETWORK_LABEL);
    keys.into_iter()
        .filter(|key| *key != NETWORK_LABEL)
        .filter(|key| {
            words(key) == right
                || strsim::damerau_levenshtein(&key.to_ascii_lowercase(), NETWORK_LABEL) <= 2
        })
        .collect()
}

/// Returns a warning for each label of a namespace that looks like a misspelled [`NETWORK_LABEL`]; `cluster` describes
/// its cluster.
pub fn misspelled_labels(namespace: &Namespace, cluster: &str) -> Vec<String> {
    let labels = namespace.metadata.labels.iter().flatten();
    let name = namespace.metadata.name.as_deref().unwrap_or_default();
    let keys = misspelled(labels.map(|(key, _)| key.as_str())).into_iter();
    keys.map(|key| {
        format!(
            "namespace {name} in {cluster} has label {key}, which Istio does not read; kubectl mesh-label show tells how to remove it"
        )
    })
    .collect()
}

fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = key
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned))
        .collect();
    words.sort();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_a_label_value() {
        for good in ["network1", "1", "Net_A.b", &"x".repeat(63)] {
            assert_eq!(good.parse::<NetworkName>().unwrap().as_str(), good);
        }
        for (bad, hint) in [
            ("net a", "for example: net-a"),
            (" net-a ", "for example: net-a"),
            ("-net/", "for example: net"),
            ("", "name the network as Istio's values do: global.network"),
        ] {
            assert_eq!(bad.parse::<NetworkName>().unwrap_err().hints(), [hint]);
        }
        assert!("x".repeat(64).parse::<NetworkName>().is_err());
    }

    #[test]
    fn keys_near_the_right_one_are_found_and_others_are_not() {
        let wrong = [
            "istio.io/topology-network",
            "topology.istio.io-network",
            "topology.istio.io/networks",
            "topology.istio.io/Network",
            "topolgy.istio.io/network",
        ];
        assert_eq!(misspelled(wrong), wrong);
        let others = [
            NETWORK_LABEL,
            "topology.istio.io/subzone",
            "topology.istio.io/cluster",
            "kubernetes.io/metadata.name",
            "istio.io/rev",
        ];
        assert_eq!(misspelled(others), Vec::<&str>::new());
    }
}
