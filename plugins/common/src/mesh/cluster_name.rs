//! Names of clusters: the strict one that we create, and the loose one that we read.

use std::fmt;
use std::str::FromStr;

use super::Error;

/// A name that the suite gives to a cluster: a DNS label (RFC 1123), at most 63 characters of `a-z`, `0-9` and `-`,
/// as `istioctl create-remote-secret --name` wants it, because it becomes part of a Secret's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterName(String);

impl ClusterName {
    /// The name as text.
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
            error.hint(format!("for example: --name {near}"))
        })
    }
}

/// A cluster's name as it was found: istiod takes any Secret key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ClusterId(pub String);

impl ClusterId {
    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` is a DNS label (RFC 1123), as Kubernetes checks it.
pub fn is_dns_label(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|c| word(*c) || *c == b'-')
        && word(bytes[0])
        && word(bytes[bytes.len() - 1])
}

/// Whether `text` is a DNS subdomain (RFC 1123), as Kubernetes checks the names of most objects.
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

/// The DNS label that comes closest to `text`; empty where nothing of it can stay.
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
    fn a_bad_name_comes_with_the_nearest_good_one() {
        assert_eq!(nearest_label("arn:aws:eks/West_1"), "arn-aws-eks-west-1");
        assert_eq!(nearest_label("--"), "");
        let error = "West_1".parse::<ClusterName>().unwrap_err();
        assert_eq!(error.hints(), ["for example: --name west-1"]);
    }
}
