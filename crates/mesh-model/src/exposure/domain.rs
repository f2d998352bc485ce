//! DNS names: a cluster's own domain, and the host name of a gateway.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::Error;
use crate::cluster_name::is_dns_label;
use crate::command::{Knob, Step};

/// The domain of a cluster's Services; `cluster.local` by default.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterDomain(String);

/// A host name of at least two labels, without a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl ClusterDomain {
    /// Returns the domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the hosts of all its Services: `*.local` for `cluster.local`, which also matches the names of
    /// multi-cluster services (`clusterset.local`); for another domain, all hosts in that domain. Source:
    /// `samples/multicluster/expose-services.yaml` of Istio.
    pub fn service_hosts(&self) -> String {
        if *self == Self::default() {
            "*.local".to_owned()
        } else {
            format!("*.{self}")
        }
    }
}

impl Default for ClusterDomain {
    fn default() -> Self {
        Self("cluster.local".to_owned())
    }
}

impl HostName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterDomain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_dns_name(text) {
            return Ok(Self(text.to_owned()));
        }
        let near = text
            .trim()
            .trim_start_matches("*.")
            .trim_matches('.')
            .to_ascii_lowercase();
        let near = if is_dns_name(&near) {
            near.as_str()
        } else {
            "cluster.local"
        };
        Err(Error::usage(format!(
            "cluster domain {text:?} is not a name in DNS (labels of a-z, 0-9 and '-' with dots between them)"
        ))
        .hint(Step::example(Knob::ClusterDomain, near)))
    }
}

impl FromStr for HostName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong =
            |why: &str, hint: Step| Err(Error::usage(format!("host {text:?} {why}")).hint(hint));
        let example = Step::example(Knob::Host, "istiod.example.com");
        if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return wrong(
                "is an address, and the gateway tells hosts apart by name",
                Step::new("give the address a name in DNS, or omit ")
                    .knob(Knob::Https)
                    .text(", ")
                    .knob(Knob::Host)
                    .text(" and ")
                    .knob(Knob::Credential),
            );
        }
        if text.contains('*') {
            return wrong(
                "has a wildcard, and other clusters need one name to call",
                example,
            );
        }
        if !is_dns_name(text) {
            return wrong(
                "is not a name in DNS (labels of a-z, 0-9 and '-' with dots between them)",
                example,
            );
        }
        if !text.contains('.') {
            return wrong("has no domain, so other clusters cannot find it", example);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Returns whether `text` is a DNS name, as the names of most Kubernetes objects are.
///
/// Source: RFC 1123 as Kubernetes checks it (`IsDNS1123Subdomain`), which is stricter than Istio's `ValidateFQDN`.
pub fn is_dns_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_name_in_dns() {
        for good in ["cluster.local", "local", "k8s.example.com", "1.2-3.x"] {
            assert_eq!(good.parse::<ClusterDomain>().unwrap().as_str(), good);
        }
        for (bad, near) in [
            ("cluster.local.", "cluster.local"),
            (".corp.example", "corp.example"),
            ("*.corp.example", "corp.example"),
            ("Corp.Example", "corp.example"),
            ("", "cluster.local"),
            ("a_b", "cluster.local"),
            ("a..b", "cluster.local"),
        ] {
            let error = bad.parse::<ClusterDomain>().unwrap_err();
            assert_eq!(
                error.hints()[0].to_string(),
                format!("for example: --cluster-domain {near}"),
                "{bad}"
            );
        }
        assert!("x.".repeat(127).parse::<ClusterDomain>().is_err());
        let long = ["x"; 128].join(".");
        assert!(long.parse::<ClusterDomain>().is_err());
    }

    #[test]
    fn a_host_has_a_name_and_a_domain() {
        assert!("istiod.example.com".parse::<HostName>().is_ok());
        for (bad, why) in [
            ("*.example.com", "wildcard"),
            ("10.0.0.1", "address"),
            ("::1", "address"),
            ("[::1]", "address"),
            ("istiod", "no domain"),
            ("Istiod.example.com", "not a name"),
            ("istiod.example.com:15012", "not a name"),
            ("https://istiod.example.com", "not a name"),
            ("istiod.example.com.", "not a name"),
            ("", "not a name"),
        ] {
            let error = bad.parse::<HostName>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
