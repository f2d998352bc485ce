//! Owns the rule by which two remote secrets give access to the same cluster: by the UID of its kube-system, by the
//! token, or by the address of its API server. Pure; other modules read the UIDs.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::access_facts::{self, AccessFacts, TrustFacts};

/// The address of an API server, for comparisons: the normalized URL, and the TLS server name if it is not the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The URL without a closing slash, in lower case.
    pub server: String,
    /// The TLS server name.
    pub tls_server_name: Option<String>,
}

impl Address {
    /// Returns the address of `server` with `tls_server_name`.
    pub fn new(server: &str, tls_server_name: Option<&str>) -> Self {
        Self {
            server: normal_server(server),
            tls_server_name: tls_server_name.map(str::to_owned),
        }
    }
}

/// Returns a server's URL normalized for comparisons: without a trailing slash and in lower case.
pub fn normal_server(server: &str) -> String {
    server.trim_end_matches('/').to_ascii_lowercase()
}

/// Returns whether two clusters, each with the UID of its kube-system if it was read, are the same: their UIDs are
/// equal, or one is unknown and their addresses are equal.
pub fn is_one_cluster(one: (Option<&str>, &Address), other: (Option<&str>, &Address)) -> bool {
    match (one.0, other.0) {
        (Some(uid), Some(other_uid)) => uid == other_uid,
        (Some(_) | None, _) => one.1 == other.1,
    }
}

/// Digest of a token, so that tokens can be compared without being stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Returns the digest of `token`.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// Fingerprints of the certificate authorities that a server is verified with; empty for the system's roots.
pub type Authorities = BTreeSet<String>;

/// The cluster that one kubeconfig gives access to, as far as its text shows.
pub struct RemoteCluster {
    /// The address of its API server.
    pub address: Address,
    /// The authorities that the server is verified with; `None` if it is not verified, or with a file that is not here.
    pub authorities: Option<Authorities>,
    token: Option<TokenDigest>,
}

impl RemoteCluster {
    /// Reads `kubeconfig`; returns `None` if it gives access to nothing.
    pub fn read(kubeconfig: &[u8]) -> Option<Self> {
        let facts = access_facts::read(kubeconfig)?;
        let token = access_facts::bearer_token(kubeconfig);
        Some(Self {
            address: Address::new(&facts.server, facts.tls_server_name.as_deref()),
            authorities: authorities(&facts),
            token: token.map(|token| TokenDigest::of(token.expose_secret())),
        })
    }
}

fn authorities(facts: &AccessFacts) -> Option<Authorities> {
    match &facts.trust {
        TrustFacts::Authorities { certificates } => Some(
            certificates
                .iter()
                .map(|certificate| certificate.sha256.clone())
                .collect(),
        ),
        TrustFacts::SystemRoots => Some(Authorities::new()),
        TrustFacts::AuthoritiesFile { .. } | TrustFacts::Nothing => None,
    }
}

/// A cluster that was read through the operator's own context, to compare secrets with.
#[derive(Default)]
pub struct ReadCluster {
    /// UID of its kube-system, if it may be read.
    pub uid: Option<String>,
    /// Its addresses: the context's, and the one for a new secret.
    pub addresses: Vec<Address>,
    /// The authorities that it is verified with, in the context and in a new secret.
    pub authorities: Vec<Authorities>,
    /// The token for a new secret, if there is one already.
    pub token: Option<TokenDigest>,
}

/// The result of comparing a secret's cluster with one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sameness {
    /// The same cluster, with its known address and CA.
    Same,
    /// The same cluster by its UID or token, but its address or CA has changed.
    Moved {
        /// True if both changed, so that the rest are facts that the cluster itself could forge.
        entirely: bool,
    },
    /// Another cluster: their UIDs differ.
    Other,
    /// Unknown: address or CA differ, and its UID is unknown.
    Unproven,
}

impl ReadCluster {
    /// Compares the cluster of a secret with this one; `uid` is its UID, if known.
    pub fn compare(&self, secret: &RemoteCluster, uid: Option<&str>) -> Sameness {
        let has_address = self.addresses.contains(&secret.address);
        let has_authorities = secret
            .authorities
            .as_ref()
            .is_some_and(|known| self.authorities.contains(known));
        let is_in_place = has_address && has_authorities;
        let is_proven = match (uid, self.uid.as_deref()) {
            (Some(one), Some(other)) if one != other => return Sameness::Other,
            (Some(_), Some(_)) => true,
            (Some(_) | None, _) => self.has_token_of(secret),
        };
        match (is_in_place, is_proven) {
            (true, _) => Sameness::Same,
            (false, true) => Sameness::Moved {
                entirely: !has_address && !has_authorities,
            },
            (false, false) => Sameness::Unproven,
        }
    }

    /// Returns whether a second secret of the same holder gives access to this cluster: for clients in one place, the
    /// same address is the same machine, whichever CA is expected there.
    pub fn is_reached_by(&self, secret: &RemoteCluster, uid: Option<&str>) -> bool {
        match (uid, self.uid.as_deref()) {
            (Some(one), Some(other)) => one == other,
            (Some(_) | None, _) => {
                self.has_token_of(secret) || self.addresses.contains(&secret.address)
            }
        }
    }

    /// Returns whether the secret contains the token for a new secret of this cluster.
    pub fn has_token_of(&self, secret: &RemoteCluster) -> bool {
        self.token.is_some() && self.token == secret.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(server: &str, ca: &str, token: &str) -> RemoteCluster {
        RemoteCluster {
            address: Address::new(server, None),
            authorities: Some([ca.to_owned()].into()),
            token: Some(TokenDigest::of(token)),
        }
    }

    fn west() -> ReadCluster {
        ReadCluster {
            uid: Some("w".to_owned()),
            addresses: vec![Address::new("https://West:6443/", None)],
            authorities: vec![["ca-w".to_owned()].into()],
            token: Some(TokenDigest::of("t-w")),
        }
    }

    #[test]
    fn a_cluster_is_known_again_after_it_moved_and_no_other_is_taken_for_it() {
        use Sameness::{Moved, Other, Same, Unproven};
        let moved = |entirely| Moved { entirely };
        let (here, there) = ("https://west:6443", "https://other:6443");
        for (server, ca, token, uid, expected) in [
            (here, "ca-w", "t-w", Some("w"), Same),
            (here, "ca-w", "old", None, Same),
            (there, "ca-w", "old", Some("w"), moved(false)),
            (here, "ca-old", "old", Some("w"), moved(false)),
            (there, "ca-old", "old", Some("w"), moved(true)),
            (there, "ca-w", "t-w", None, moved(false)),
            // A rebuilt cluster behind the same address, or another one behind a shared CA.
            (here, "ca-w", "t-w", Some("n"), Other),
            (there, "ca-w", "old", None, Unproven),
            (here, "ca-old", "old", None, Unproven),
            (there, "ca-n", "t-n", Some("n"), Other),
        ] {
            let found = west().compare(&secret(server, ca, token), uid);
            assert_eq!(found, expected, "{server} {ca} {token} {uid:?}");
        }
    }

    #[test]
    fn a_second_secret_is_found_by_uid_token_or_address() {
        let there = "https://other:6443";
        for (server, token, uid, expected) in [
            (there, "old", Some("w"), true),
            (there, "t-w", None, true),
            ("https://west:6443", "old", None, true),
            ("https://west:6443", "old", Some("n"), false),
            (there, "old", None, false),
        ] {
            let found = west().is_reached_by(&secret(server, "ca-old", token), uid);
            assert_eq!(found, expected, "{server} {token} {uid:?}");
        }
    }
}
