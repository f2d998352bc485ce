//! Owns how two remote secrets are told to give access to one cluster: by the UID of its kube-system, by the token, or by
//! the address of its API server. Pure; the UIDs are read elsewhere.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use super::access_facts::{self, AccessFacts, TrustFacts};

/// The address of an API server as two of them are compared: the normalized URL, and the name that is checked in its
/// certificate where that is not the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The URL without a closing slash, in lower case.
    pub server: String,
    /// The name to check.
    pub tls_server_name: Option<String>,
}

impl Address {
    /// The address of `server`, checked for `tls_server_name`.
    pub fn new(server: &str, tls_server_name: Option<&str>) -> Self {
        Self {
            server: normal_server(server),
            tls_server_name: tls_server_name.map(str::to_owned),
        }
    }
}

/// Returns a server's URL as it is compared with others: without a closing slash and without regard to case.
pub fn normal_server(server: &str) -> String {
    server.trim_end_matches('/').to_ascii_lowercase()
}

/// Returns true where two clusters, each with the UID of its kube-system as far as that was read, are one: their UIDs are equal,
/// or one is not known and their addresses are equal.
pub fn is_one_cluster(one: (Option<&str>, &Address), other: (Option<&str>, &Address)) -> bool {
    match (one.0, other.0) {
        (Some(uid), Some(other_uid)) => uid == other_uid,
        (Some(_) | None, _) => one.1 == other.1,
    }
}

/// Digest of a token, so that two can be compared and none is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of `token`.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// Fingerprints of the certificates that a server's certificate is checked against; empty for the system's roots.
pub type Authorities = BTreeSet<String>;

/// The cluster that one kubeconfig gives access to, as far as its text tells.
pub struct RemoteCluster {
    /// Where its API server is.
    pub address: Address,
    /// What the server's certificate is checked against; `None` where it is not checked or a file that is not here.
    pub authorities: Option<Authorities>,
    token: Option<TokenDigest>,
}

impl RemoteCluster {
    /// Reads `kubeconfig`; `None` where it gives access to nothing.
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
    /// UID of its kube-system, where it may be read.
    pub uid: Option<String>,
    /// Its addresses: the context's, and the one that a secret for it is to have.
    pub addresses: Vec<Address>,
    /// What its certificate is checked against, in the context and in a secret for it.
    pub authorities: Vec<Authorities>,
    /// The token that a secret for it is to have, where there is one already.
    pub token: Option<TokenDigest>,
}

/// How a secret's cluster compares with one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sameness {
    /// It is that cluster, under the address and the CA that are known of it.
    Same,
    /// It is that cluster by its UID or token, and its address or CA has changed since.
    Moved {
        /// Whether both changed, so that nothing is left that the cluster itself could not make up.
        entirely: bool,
    },
    /// It is another cluster: their UIDs differ.
    Other,
    /// Nothing says that it is the same: address or CA differ, and no UID of it is known.
    Unproven,
}

impl ReadCluster {
    /// Compares the cluster of a secret, whose UID is `uid` as far as that is known, with this one.
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

    /// Whether a second secret of the same holder gives access to this cluster: the same address is the same machine to
    /// whoever dials from one place, whatever CA is expected there.
    pub fn is_reached_by(&self, secret: &RemoteCluster, uid: Option<&str>) -> bool {
        match (uid, self.uid.as_deref()) {
            (Some(one), Some(other)) => one == other,
            (Some(_) | None, _) => {
                self.has_token_of(secret) || self.addresses.contains(&secret.address)
            }
        }
    }

    /// Whether the secret has the token that a secret for this cluster is to have.
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
