//! Names of clusters: the strict form that the suite creates, and the loose form that it reads.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::Error;
use super::command::{Knob, Step};

/// A name that the suite gives to a cluster: a DNS label (RFC 1123) of at most 63 characters of `a-z`, `0-9` and `-`.
/// `istioctl create-remote-secret --name` requires the same, because the name becomes part of a Secret's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterName(String);

impl ClusterName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_dns_label(text) {
            return Ok(Self(text.to_owned()));
        }
        let error = Error::usage(format!(
            "cluster name {text:?} is not a DNS label (a-z, 0-9 and '-', at most 63)"
        ));
        let near = nearest_label(text);
        Err(if near.is_empty() {
            error
                .hint("name the cluster as its istiod does: values.global.multiCluster.clusterName")
        } else {
            error.hint(Step::new("for example: ").set(Knob::Name, near))
        })
    }
}

/// A cluster's name as the data key of a remote secret, which istiod uses as the cluster's name: exactly the cluster ID
/// of the cluster's own istiod. An operator may pass a DNS label, or a name that differs from one only by upper case
/// and dots; the cluster ID of an istiod may be anything that a key of a Secret can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterKey(String);

impl ClusterKey {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key for an istiod's cluster ID; `None` if it cannot be a key of a Secret.
    pub fn of(id: &ClusterId) -> Option<Self> {
        is_secret_key(id.as_str()).then(|| Self(id.0.clone()))
    }
}

impl fmt::Display for ClusterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut labels = text.split('.').map(str::to_ascii_lowercase);
        if text.len() <= LONGEST_KEY && labels.all(|label| is_dns_label(&label)) {
            return Ok(Self(text.to_owned()));
        }
        text.parse::<ClusterName>().map(|name| Self(name.0))
    }
}

/// The maximum length of a Secret's key and of its name.
const LONGEST_KEY: usize = 253;

/// Returns whether `text` can be a data key of a Secret. Source: `IsConfigMapKey` in Kubernetes'
/// `k8s.io/apimachinery/pkg/util/validation`.
pub fn is_secret_key(text: &str) -> bool {
    let is_word = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    (1..=LONGEST_KEY).contains(&text.len())
        && text.bytes().all(is_word)
        && text != "."
        && !text.starts_with("..")
}

/// Returns the last part of a Secret's name, behind `prefix`, that stands for the cluster `id`: the name itself, in
/// lower case if that makes it valid, otherwise the closest label with a hash of the name.
pub fn in_object_name(prefix: &str, id: &str) -> String {
    let lower = id.to_ascii_lowercase();
    let whole = format!("{prefix}{lower}");
    let mut labels = whole.split('.');
    if whole.len() <= LONGEST_KEY && labels.all(is_label_of_any_length) {
        return whole;
    }
    let hash = Sha256::digest(id);
    let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    let near = nearest_label(id);
    let dash = if near.is_empty() { "" } else { "-" };
    format!("{prefix}{near}{dash}{hash:08x}")
}

/// Kubernetes does not limit the length of the labels of a subdomain.
fn is_label_of_any_length(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.iter().all(|c| word(*c) || *c == b'-')
        && word(bytes[0])
        && word(bytes[bytes.len() - 1])
}

/// A cluster's name as found in a cluster: istiod accepts any key of a Secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ClusterId(pub String);

impl ClusterId {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether `text` is a DNS label (RFC 1123), as Kubernetes checks it.
pub fn is_dns_label(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|c| word(*c) || *c == b'-')
        && word(bytes[0])
        && word(bytes[bytes.len() - 1])
}

/// Returns whether `text` is a DNS subdomain (RFC 1123), as Kubernetes checks the names of most objects.
pub fn is_dns_subdomain(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.iter().all(|c| word(*c) || *c == b'-')
            && bytes.first().is_some_and(|c| word(*c))
            && bytes.last().is_some_and(|c| word(*c))
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

/// Returns the DNS label that is closest to `text`; empty if no character of it is allowed in one.
pub fn nearest_label(text: &str) -> String {
    let mapped: String = text
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .collect();
    let short: String = mapped.trim_matches('-').chars().take(63).collect();
    short.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_name_is_a_dns_label() {
        for good in ["a", "west", "0", "eu-west-1", &"x".repeat(63)] {
            assert_eq!(good.parse::<ClusterName>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "-a",
            "a-",
            "A",
            "a.b",
            "a_b",
            "ä",
            "a b",
            &"x".repeat(64),
        ] {
            assert!(bad.parse::<ClusterName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_subdomain_is_labels_with_dots_between() {
        for good in ["a", "a.b", "0.x-y.z", &"x".repeat(253)] {
            assert!(is_dns_subdomain(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "a..b",
            "a.",
            ".a",
            "-a",
            "a-.b",
            "A",
            "a/b",
            "a?b",
            "a%2f",
            "ä",
            &"x".repeat(254),
        ] {
            assert!(!is_dns_subdomain(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_cluster_is_called_as_its_istiod_calls_it() {
        for good in ["west", "prod.example.com", "Prod-West"] {
            assert_eq!(good.parse::<ClusterKey>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "West_1",
            "a..b",
            ".a",
            "a b",
            "arn:aws:eks:eu-west-1:1:cluster/west",
            &"x".repeat(254),
        ] {
            assert!(bad.parse::<ClusterKey>().is_err(), "{bad:?}");
        }
        for good in ["West_1", "a..b", "-", &"x".repeat(253)] {
            assert!(
                ClusterKey::of(&ClusterId(good.to_owned())).is_some(),
                "{good:?}"
            );
        }
        for bad in ["", ".", "..", "..a", "a/b", "a:b", "ä", &"x".repeat(254)] {
            assert!(
                ClusterKey::of(&ClusterId(bad.to_owned())).is_none(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_secret_has_a_legal_name_whatever_its_cluster_is_called() {
        for (id, expected) in [
            ("west", "p-west"),
            ("prod.example.com", "p-prod.example.com"),
            ("Prod-West", "p-prod-west"),
            ("West_1", "p-west-1-2efd4bc7"),
            ("-", "p-3973e022"),
            ("a..b", "p-a--b-f62b4241"),
        ] {
            assert_eq!(in_object_name("p-", id), expected);
        }
        let long = in_object_name("istio-remote-secret-", &"X".repeat(253));
        assert!(
            long.len() <= 253 && long.starts_with("istio-remote-secret-xxx"),
            "{long}"
        );
    }

    #[test]
    fn a_bad_name_comes_with_the_nearest_good_one() {
        assert_eq!(nearest_label("arn:aws:eks/West_1"), "arn-aws-eks-west-1");
        assert_eq!(nearest_label("--"), "");
        let error = "West_1".parse::<ClusterName>().unwrap_err();
        assert_eq!(error.hints(), ["for example: --name west-1"]);
    }
}
